import AttachmentStore
import Attachments
import NFTables
import NetworkTypes
import PodTables
import TestSupport
import Testing

/// What nft lists must be what nft loads, and what it loads must mean the same.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ReloadTests {
    @Test("The listing loads into an empty namespace and gives the same expressions, sets and elements")
    func reload() async throws {
        let node = try Node()
        let address = IPAddress("192.0.2.1")
        let long = String(repeating: "long-", count: 20)
        try node.add(
            pod(
                5, ports: [HostPort(.tcp, 8080, to: 80), HostPort(.udp, 53, to: 53), HostPort(.sctp, 9, to: 9)],
                onLoopback: true, masquerade: true, guarded: true))
        try node.add(pod(6, network: long, ports: [HostPort(.tcp, 1, to: 65535, on: address)], clientNAT: .subnet))
        try node.add(pod(7, ports: [HostPort(.tcp, 65535, to: 1)], clientNAT: .everything, onLoopback: true))
        var wide = pod(8, guarded: true)
        wide.masquerade = Masquerade(
            network: "wide", subnets: ["10.0.0.0/8", "fc00::/7"].compactMap { CIDR($0) },
            excluded: ["0.0.0.0/1", "192.0.2.7/32", "2000::/3"].compactMap { CIDR($0) })
        try node.add(wide)
        let before = try node.dump()
        #expect(before.count == 3)
        let listing = try await node.namespace.demand("nft", "list", "ruleset")

        let copy = try Node()
        let load = try await RunningProcess(
            Programs.path(of: "nft"), ["-f", "-"], input: listing, in: copy.namespace
        ).outcome()
        #expect(load.exitCode == 0, "\(load.errorOutput)")
        let after = try copy.dump()
        #expect(Set(after.keys) == Set(before.keys))
        for (table, snapshot) in before { #expect(after[table]?.content == snapshot.content) }
        #expect(try await copy.namespace.demand("nft", "list", "ruleset").count == listing.count)
    }
}

extension TableSnapshot {
    /// The whole table with its elements in a fixed order.
    fileprivate var content: [String] {
        chains.map { "chain \($0) \(String(describing: $1.hook)) \($1.rules)" }.sorted()
            + sets.map { name, set in
                let elements = (0..<set.elements.count).map { index in
                    let words = [set.elements.key(index), set.elements.lastKey(index), set.elements.data(index)]
                    return "\(words) \(set.elements.comment(index) ?? "")"
                }
                return "set \(name) \(set.declaration) \(elements.sorted())"
            }.sorted()
    }
}
