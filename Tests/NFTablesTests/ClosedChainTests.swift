import NFTables
import NetworkTypes
import TestSupport
import Testing

/// Firewalls as their own tools leave them in the kernel.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ClosedChainTests {
    private func found(_ script: String) async throws -> Set<String> {
        let namespace = try NetNS()
        try await namespace.nft(script)
        var connection = try namespace.nftConnection()
        let chains = try connection.closedChains { $0.hasPrefix("fairway") }
        #expect(Set(chains).count == chains.count)
        return Set(chains.map { "\($0): \($0.point), \($0.end)" })
    }

    @Test("A policy of drop on what is forwarded, taken in and sent out, in each family that sees the packets")
    func policies() async throws {
        let found = try await found(
            """
            table ip filter {
              chain FORWARD { type filter hook forward priority 0; policy drop; ct state established accept; }
              chain INPUT { type filter hook input priority 0; policy accept; }
              chain raw { type filter hook prerouting priority -300; policy drop; ip ttl 1 accept; }
              chain nat { type nat hook output priority 100; policy accept; }
            }
            table inet guard { chain out { type filter hook output priority 10; policy drop; }; }
            table ip6 six { chain in { type filter hook input priority 0; policy drop; }; }
            table arp a { chain in { type filter hook input priority 0; policy drop; }; }
            table bridge b { chain f { type filter hook forward priority 0; policy drop; }; }
            table inet off { flags dormant; chain in { type filter hook input priority 0; policy drop; }; }
            table ip fairway-policy { chain f { type filter hook forward priority 0; policy drop; }; }
            """)
        #expect(
            found == [
                "ip filter FORWARD: forward, policy drop", "inet guard out: output, policy drop",
                "ip6 six in: input, policy drop",
            ])
    }

    @Test("A last rule that ends everything, with a counter or a log before it; not one that asks for something")
    func lastRules() async throws {
        let found = try await found(
            """
            table inet f {
              chain forward { type filter hook forward priority 10; ct status dnat accept; reject with icmpx admin-prohibited; }
              chain input { type filter hook input priority 10; tcp dport 22 accept; counter log prefix "x" drop; }
              chain output { type filter hook output priority 10; drop; accept; }
            }
            table inet g {
              chain forward { type filter hook forward priority 10; ip ttl 1 drop; }
              chain input { type filter hook input priority 10; jump side; }
              chain output { type filter hook output priority 10; }
              chain side { drop; }
            }
            """)
        #expect(found == ["inet f forward: forward, its last rule", "inet f input: input, its last rule"])
    }

    @Test("Which families see it")
    func families() {
        func chain(_ family: UInt8) -> ClosedChain {
            ClosedChain(family: family, table: "t", chain: "c", point: .input, end: .policy)
        }
        #expect([1, 2, 10].map { chain($0).sees(.ipv4) } == [true, true, false])
        #expect([1, 2, 10].map { chain($0).sees(.ipv6) } == [true, false, true])
    }
}
