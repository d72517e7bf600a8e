import NetworkTypes
import RouteNetlink
import Testing

/// The bytes of requests for what not every kernel can do.
///
/// They are what `bridge`, `ip` and `tc` of iproute2 send for the same, as strace shows it, but for one bit and one
/// byte: libnl marks an attribute that holds others (NLA_F_NESTED), and ends a kind's name with a zero.
@Suite struct RequestBytesTests {
    /// The message without its length, sequence and port number, as hex digits in groups.
    private func hex(_ request: RouteRequest) throws -> String {
        let bytes = try request.encoded(sequence: 1)
        #expect(bytes.count == bytes.prefix(4).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) })
        return stride(from: 0, to: bytes.count, by: 4).filter { ![0, 8, 12].contains($0) }.map { start in
            bytes[start..<min(start + 4, bytes.count)].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }.joined(separator: " ")
    }

    /// `ifinfomsg` of the family AF_BRIDGE for link 7, after type and flags.
    private func bridgeHeader(_ type: String) -> String { "\(type)000500 07000000 07000000 00000000 00000000" }

    @Test("An access VLAN is RTM_SETLINK with one bridge_vlan_info, port VLAN and untagged")
    func access() throws {
        let vlans = PortVLANs(link: 7, [PortVLANs.Entry(100...100, isPortVLAN: true, isUntagged: true)])
        #expect(try hex(.addVLANs(vlans)) == bridgeHeader("13") + " 0c001a80 08000200 06006400")
    }

    @Test("A range is two entries, its begin and its end")
    func range() throws {
        let vlans = PortVLANs(link: 7, [PortVLANs.Entry(101...101), PortVLANs.Entry(200...210)])
        #expect(
            try hex(.addVLANs(vlans))
                == bridgeHeader("13") + " 1c001a80 08000200 00006500 08000200 0800c800 08000200 1000d200")
    }

    @Test("A VLAN of the bridge itself has the flag self")
    func bridgeItself() throws {
        let vlans = PortVLANs(link: 7, [PortVLANs.Entry(100...100)], isBridgeItself: true)
        #expect(
            try hex(.addVLANs(vlans)) == bridgeHeader("13") + " 14001a80 06000000 02000000 08000200 00006400")
    }

    @Test("Taking a VLAN away is RTM_DELLINK of the bridge's family")
    func delete() throws {
        let vlans = PortVLANs(link: 7, [PortVLANs.Entry(1...1)])
        #expect(try hex(.deleteVLANs(vlans)) == bridgeHeader("11") + " 0c001a80 08000200 00000100")
    }

    @Test("A trunk of every VLAN on its own fits one message")
    func wholeTrunk() throws {
        let vlans = PortVLANs(link: 7, (1...4094).map { PortVLANs.Entry($0...$0) })
        #expect(try RouteRequest.addVLANs(vlans).encoded(sequence: 1).count == 16 + 16 + 4 + 4094 * 8)
    }

    @Test("A bridge that filters VLANs says so in the creating message; what is nil is left out")
    func filteringBridge() throws {
        let bridge = LinkSpecification(
            name: "br1", kind: .bridge(BridgeOptions(filtersVLANs: true)), mac: MACAddress(value: 0x0200_0000_0001))
        #expect(
            try hex(.createLink(bridge)) == """
                10000506 00000000 00000000 01000000 01000000 08000300 62723100 0a000100 02000000 00010000 \
                1c001280 0b000100 62726964 67650000 0c000280 05000700 01000000
                """)
    }

    @Test("A VLAN device names the link that it lies on, and its number")
    func vlanDevice() throws {
        let device = LinkSpecification(name: "br1.100", kind: .vlan(100), lower: 7, isUp: false)
        #expect(
            try hex(.createLink(device)) == """
                10000506 00000000 00000000 00000000 00000000 0c000300 6272312e 31303000 08000500 07000000 \
                1c001280 09000100 766c616e 00000000 0c000280 06000100 64000000
                """)
    }

    @Test("A link gets another name by its number")
    func rename() throws {
        #expect(
            try hex(.changeLink(.index(7), LinkChange(name: "br1.100", isUp: true)))
                == "10000500 00000000 07000000 01000000 01000000 0c000300 6272312e 31303000")
    }

    @Test("Promiscuous mode and a MAC address are changes of a link")
    func linkChange() throws {
        let change = LinkChange(isPromiscuous: true, mac: MACAddress(value: 0x0200_0000_0009))
        #expect(
            try hex(.changeLink(.index(7), change))
                == "10000500 00000000 07000000 00010000 00010000 0a000100 02000000 00090000")
        #expect(
            try hex(.changeLink(.index(7), LinkChange(isUp: true, isPromiscuous: false)))
                == "10000500 00000000 07000000 01000000 01010000")
    }

    @Test("A token bucket has its rate in both fields when 32 bits are too few, and no table")
    func tokenBucket() throws {
        let small = TokenBucket(bytesPerSecond: 1_000_000, burst: 65_536, limit: 90_536)
        let header = "24000505 00000000 07000000 00000000 ffffffff 00000000 08000100 74626600"
        // tc_tbf_qopt: rate with link layer Ethernet, no peak rate, limit, no times.
        let parameters = { (rate: String, limit: String) in
            "28000100 00010000 00000000 \(rate) 00000000 00000000 00000000 \(limit) 00000000 00000000"
        }
        #expect(
            try hex(.setRootQueue(small, link: 7))
                == "\(header) 34000280 \(parameters("40420f00", "a8610100")) 08000600 00000100")
        let large = TokenBucket(bytesPerSecond: 1 << 33, burst: 1 << 20, limit: 1)
        #expect(
            try hex(.setRootQueue(large, link: 7))
                == "\(header) 40000280 \(parameters("ffffffff", "01000000")) 08000600 00001000 0c000400 00000000 02000000"
        )
        #expect(try hex(.deleteRootQueue(link: 7)) == "25000500 00000000 07000000 00000000 ffffffff 00000000")
    }
}
