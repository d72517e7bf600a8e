import Attachments
import NFTables
import NetworkTypes
import PodTables
import Testing

/// Masquerading as pairs of ranges, looked up one address pair at a time.
@Suite struct MasqueradeTests {
    private func ruleset(_ masquerades: [Masquerade]) -> PodTableContent {
        PodTableContent(
            masquerades.enumerated().map { index, masquerade in
                PodDemand(
                    owner: Attachments.Attachment(
                        network: masquerade.network, containerID: "c\(index)", interfaceName: "eth0"),
                    masquerade: masquerade)
            })
    }

    /// Whether a packet is masqueraded; also that at most one range has it.
    private func masquerades(_ ruleset: PodTableContent, _ source: String, _ destination: String) throws -> Bool {
        let source = try #require(IPAddress(source))
        let destination = try #require(IPAddress(destination))
        let key = source.bytes + destination.bytes
        var hits = 0
        for case .addElements(let table, let set, let elements) in try ruleset.changes(from: [:]).operations
        where set == "masqueraded" && table.family == TableFamily(source.family) {
            for index in 0..<elements.count {
                let first = elements.key(index).bytes
                let last = elements.lastKey(index).bytes
                let half = source.bytes.count
                let parts = [0..<half, half..<2 * half]
                if parts.allSatisfy({
                    !key[$0].lexicographicallyPrecedes(first[$0]) && !last[$0].lexicographicallyPrecedes(key[$0])
                }) {
                    hits += 1
                }
            }
        }
        #expect(hits <= 1, "\(source) to \(destination) lies in \(hits) ranges")
        return hits > 0
    }

    private func cidrs(_ texts: String...) throws -> [CIDR] { try texts.map { try #require(CIDR($0)) } }

    @Test("Pods are masqueraded outside their subnets, excluded networks and multicast")
    func oneNetwork() throws {
        let rules = ruleset([
            Masquerade(
                network: "a", subnets: try cidrs("10.244.1.0/24", "fd00:1::/64"),
                excluded: try cidrs("10.0.0.0/8", "10.1.0.0/16", "192.0.2.1/32", "fd00::/8"))
        ])
        #expect(try masquerades(rules, "10.244.1.5", "8.8.8.8"))
        #expect(try masquerades(rules, "10.244.1.0", "0.0.0.1"))
        #expect(try masquerades(rules, "10.244.1.255", "255.255.255.255"))
        #expect(try masquerades(rules, "10.244.1.5", "192.0.2.2"))
        #expect(try !masquerades(rules, "10.244.1.5", "192.0.2.1"))
        #expect(try !masquerades(rules, "10.244.1.5", "10.244.1.6"))
        #expect(try !masquerades(rules, "10.244.1.5", "10.1.2.3"))
        #expect(try !masquerades(rules, "10.244.1.5", "224.0.0.1"))
        #expect(try !masquerades(rules, "10.244.2.5", "8.8.8.8"))
        #expect(try masquerades(rules, "fd00:1::5", "2001:db8::1"))
        #expect(try !masquerades(rules, "fd00:1::5", "fd12::1"))
        #expect(try !masquerades(rules, "fd00:1::5", "ff02::1"))
        #expect(try !masquerades(rules, "fd00:2::5", "2001:db8::1"))
    }

    @Test("Where networks share sources, each one's exclusions hold, and no range overlaps another")
    func overlapping() throws {
        let rules = ruleset([
            Masquerade(network: "a", subnets: try cidrs("10.0.0.0/8"), excluded: try cidrs("192.168.0.0/16")),
            Masquerade(network: "b", subnets: try cidrs("10.1.0.0/16"), excluded: try cidrs("172.16.0.0/12")),
            Masquerade(network: "b", subnets: try cidrs("10.1.0.0/16"), excluded: try cidrs("172.16.0.0/12")),
            Masquerade(network: "c", subnets: try cidrs("0.0.0.0/0", "::/0")),
            Masquerade(network: "d", subnets: try cidrs("255.255.255.0/24")),
        ])
        // Everything is inside network c's subnets.
        #expect(try !masquerades(rules, "10.1.0.1", "8.8.8.8"))
        #expect(try !masquerades(rules, "fd00::1", "2001:db8::1"))
        let without = ruleset([
            Masquerade(network: "a", subnets: try cidrs("10.0.0.0/8"), excluded: try cidrs("192.168.0.0/16")),
            Masquerade(network: "b", subnets: try cidrs("10.1.0.0/16"), excluded: try cidrs("172.16.0.0/12")),
        ])
        #expect(try masquerades(without, "10.1.0.1", "8.8.8.8"))
        #expect(try !masquerades(without, "10.1.0.1", "172.16.0.1"))
        #expect(try !masquerades(without, "10.1.0.1", "192.168.0.1"))
        #expect(try masquerades(without, "10.2.0.1", "172.16.0.1"))
        #expect(try masquerades(without, "10.0.0.0", "172.16.0.1"))
        #expect(try !masquerades(without, "11.0.0.0", "172.16.0.1"))
    }
}
