import Frontends
import NFTables
import NetworkTypes
import ServiceTables
import TestSupport
import Testing

/// What nft lists must be what nft loads, and what it loads must mean the same.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ReloadTests {
    /// The whole table with its elements in a fixed order.
    private func content(_ snapshot: TableSnapshot) -> [String] {
        snapshot.chains.map { "chain \($0) \(String(describing: $1.hook)) \($1.rules)" }.sorted()
            + snapshot.sets.map { name, set in
                let elements = (0..<set.elements.count).map {
                    "\(set.elements.key($0)) \(set.elements.data($0)) \(set.elements.comment($0) ?? "")"
                }
                let verdicts = set.verdicts.map { "\($0)" }
                return "set \(name) \(set.declaration) \(elements.sorted()) \(verdicts.sorted())"
            }.sorted()
    }

    @Test("The listing loads into an empty namespace and gives the same expressions, sets and elements")
    func reload() async throws {
        let original = try NetNS()
        var connection = try original.nftConnection()
        var cluster = RandomCluster(seed: 4)
        var rules = FrontendModel(nodeName: "here")
        for _ in 0..<80 { rules.apply(cluster.step()) }
        let cidrs = ["10.244.0.0/16", "10.0.0.0/12", "192.0.2.1/32", "fd00:10:244::/48", "fc00::/7"]
        var ruleset = ServiceTablePair(
            ServiceTableOptions(localDetection: .clusterCIDRs(cidrs.compactMap { CIDR($0) }), repeatsDispatch: true))
        ruleset.apply(rules.takeChanges() + rules.takeAddressChanges())
        ruleset.release()
        for transaction in ruleset.takeTransactions(now: 0) { try connection.commit(transaction) }
        let listing = try await original.demand("nft", "list", "ruleset")
        #expect(listing.contains("map endpoints"))

        let copy = try NetNS()
        let load = try await RunningProcess(Programs.path(of: "nft"), ["-f", "-"], input: listing, in: copy).outcome()
        #expect(load.exitCode == 0, "\(load.errorOutput)")
        var copyConnection = try copy.nftConnection()
        for table in ServiceTablePair.tableIDs {
            let before = try #require(try connection.dump(table))
            let after = try #require(try copyConnection.dump(table))
            #expect(content(after) == content(before))
        }
        #expect(try await copy.demand("nft", "list", "ruleset").count == listing.count)
    }
}
