import CNIProtocol
import HostIPAM
import NetworkTypes
import Testing

@Suite struct CandidateTests {
    /// The first addresses in the order in which they are given out when none comes back.
    private func candidates(_ ranges: String, after last: String? = nil, exclude: String = "[]") throws -> [String] {
        let configuration = try ipam(#"{"ranges":[[\#(ranges)]],"exclude":\#(exclude)}"#)
        let set = try #require(configuration.rangeSets.first)
        return order(of: set, after: last.flatMap { IPAddress($0) }, excluding: configuration.excluded)
    }

    private func order(of set: RangeSet, after last: IPAddress? = nil, excluding excluded: [CIDR]) -> [String] {
        var leased = LeasedAddresses()
        var order: [String] = []
        var last = last
        while order.count < 40, let next = set.nextFree(after: last, leased: leased, excluding: excluded) {
            last = next.address.address
            leased.insert(next.address.address)
            order.append(next.address.address.description)
        }
        return order
    }

    private let small = #"{"subnet":"10.0.0.0/29"}"#

    @Test("A fresh pool is tried from its start, without gateway and broadcast address")
    func fresh() throws {
        #expect(try candidates(small) == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"])
    }

    @Test("The order goes on after the last address given out, wraps, and ends with that address")
    func roundRobin() throws {
        #expect(
            try candidates(small, after: "10.0.0.4") == ["10.0.0.5", "10.0.0.6", "10.0.0.2", "10.0.0.3", "10.0.0.4"])
        #expect(
            try candidates(small, after: "10.0.0.6") == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"])
    }

    @Test("A last address outside the pool starts from the beginning", arguments: ["10.9.9.9", "fd00::1", "10.0.0.7"])
    func strangeLast(last: String) throws {
        #expect(try candidates(small, after: last).first == "10.0.0.2")
    }

    @Test("Several ranges are gone through in turn, each address once")
    func ranges() throws {
        let ranges = """
            {"subnet":"10.0.0.0/24","rangeStart":"10.0.0.8","rangeEnd":"10.0.0.10"},\
            {"subnet":"10.1.0.0/30","gateway":"10.1.0.2"},{"subnet":"10.2.0.0/30"}
            """
        #expect(
            try candidates(ranges) == ["10.0.0.8", "10.0.0.9", "10.0.0.10", "10.1.0.1", "10.2.0.2"])
        #expect(
            try candidates(ranges, after: "10.1.0.1") == ["10.2.0.2", "10.0.0.8", "10.0.0.9", "10.0.0.10", "10.1.0.1"])
        #expect(
            try candidates(ranges, after: "10.0.0.9") == ["10.0.0.10", "10.1.0.1", "10.2.0.2", "10.0.0.8", "10.0.0.9"])
    }

    @Test("The gateway of one set is no candidate of another")
    func gatewayOfAnotherSet() throws {
        let ranges = """
            {"ranges":[[{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.8","rangeEnd":"10.0.0.9"}],\
            [{"subnet":"10.0.0.0/28","rangeStart":"10.0.0.10","gateway":"10.0.0.8"}]]}
            """
        let configuration = try ipam(ranges)
        let sets = configuration.rangeSets.map { order(of: $0, excluding: configuration.excluded) }
        #expect(sets == [["10.0.0.9"], ["10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"]])
    }

    @Test("Excluded addresses and networks are stepped over, also huge ones")
    func exclude() throws {
        #expect(try candidates(small, exclude: #"["10.0.0.2","10.0.0.4/31"]"#) == ["10.0.0.3", "10.0.0.6"])
        #expect(
            try candidates(#"{"subnet":"fd00::/64"}"#, exclude: #"["fd00::/65","fd00::8000:0:0:2/127"]"#).prefix(2)
                == ["fd00::8000:0:0:0", "fd00::8000:0:0:1"])
    }

    @Test("The whole of IPv4's last network can be gone through without overflow")
    func lastNetwork() throws {
        #expect(try candidates(#"{"subnet":"255.255.255.248/29"}"#, after: "255.255.255.254").last == "255.255.255.254")
    }

    @Test("A pool is exhausted when its last address is leased, and not before")
    func exhausted() throws {
        let set = try #require(try ipam(#"{"ranges":[[\#(small)]]}"#).rangeSets.first)
        let middle = try #require(IPAddress("10.0.0.4"))
        var leased = LeasedAddresses((2...6).compactMap { IPAddress("10.0.0.\($0)") })
        #expect(set.nextFree(after: nil, leased: leased, excluding: []) == nil)
        leased.remove(middle)
        for last in [nil, middle, IPAddress("10.0.0.6")] {
            let next = set.nextFree(after: last, leased: leased, excluding: [])
            #expect(next?.address.description == "10.0.0.4/29" && next?.gateway.description == "10.0.0.1")
        }
        leased.insert(middle)
        #expect(set.nextFree(after: nil, leased: leased, excluding: []) == nil)
        let excluded = [try #require(CIDR("10.0.0.0/30"))]
        leased = LeasedAddresses()
        for last in ["10.0.0.4", "10.0.0.5", "10.0.0.6"] {
            let next = try #require(set.nextFree(after: nil, leased: leased, excluding: excluded)?.address)
            #expect(next.address.description == last)
            leased.insert(next.address)
        }
        #expect(set.nextFree(after: nil, leased: leased, excluding: excluded) == nil)
    }

    @Test("The largest networks do not overflow")
    func manyFree() throws {
        // The whole of IPv6 but for what no pod can have, at its ends.
        for (subnet, start, end) in [
            ("::/0", "1::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fd00::/64", "fd00::", "fd00::ffff:ffff:ffff:ffff"),
            ("4000::/2", "4000::", "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("::/1", "::2", "::fffe:ffff:ffff"),
        ] {
            let range = #"{"subnet":"\#(subnet)","rangeStart":"\#(start)","rangeEnd":"\#(end)"}"#
            let set = try #require(try ipam(#"{"ranges":[[\#(range)]]}"#).rangeSets.first)
            #expect(set.nextFree(after: nil, leased: LeasedAddresses(), excluding: []) != nil)
            #expect(set.nextFree(after: set.ranges.first?.end, leased: LeasedAddresses(), excluding: []) != nil)
        }
    }
}

extension LeasedAddresses {
    init(_ addresses: some Sequence<IPAddress>) {
        self.init()
        for address in addresses { insert(address) }
    }
}
