import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// Veth pairs and what may be asked of them, on the real kernel.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct LinkTests {
    private static let veth = LinkSpecification(
        name: "left", kind: .veth(VethPeer(name: "right", mac: MACAddress(value: 0x0200_0000_0002))),
        mac: MACAddress(value: 0x0200_0000_0001), mtu: 1400, index: 4711)

    @Test("One exchange makes a pair under a chosen number, changes it by that number, and says what it is")
    func explicitIndex() throws {
        let (outcomes, link, peer) = try inside(try NetNS()) { socket throws(NetlinkError) in
            let answer = try socket.execute(
                [.createLink(Self.veth), .changeLink(.index(4711), LinkChange(alias: "mine"))], thenLookUp: ["left"])
            return (answer.outcomes, answer.links[0], try socket.link(named: "right"))
        }
        #expect(outcomes == [nil, nil])
        #expect(link?.index == 4711 && link?.alias == "mine" && link?.mtu == 1400 && link?.isUp == true)
        #expect(link?.peer == peer?.index && peer?.peer == 4711 && peer?.mtu == 1400)
    }

    @Test("A change by number never meets a link that was there before under the same name")
    func failedCreation() throws {
        let (outcomes, link) = try inside(try NetNS()) { socket throws(NetlinkError) in
            var first = Self.veth
            first.index = nil
            try socket.execute(.createLink(first))
            return try socket.execute(
                [.createLink(Self.veth), .changeLink(.index(4711), LinkChange(alias: "mine"))], thenLookUp: ["left"])
        }
        #expect(outcomes.map { $0?.errno } == [.exists, .noDevice])
        #expect(link.map { $0?.alias } == [""])
        let nothing = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute([.deleteLink(.name("no"))], thenLookUp: ["left"])
        }
        #expect(nothing.links == [nil] && nothing.outcomes.first??.errno == .noDevice)
    }

    @Test("Only the last request is acknowledged, and each refusal still reaches its own request")
    func refusalsInTheMiddle() throws {
        let outcomes = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute([
                .createLink(Self.veth), .deleteLink(.name("a")), .changeLink(.name("left"), LinkChange(alias: "x")),
                .deleteLink(.name("b")), .deleteLink(.name("left")),
            ])
        }
        #expect(outcomes.map { $0?.errno } == [nil, .noDevice, nil, .noDevice, nil])
    }

    @Test("Promiscuous mode and a MAC address are set and read back")
    func linkChanges() throws {
        let links = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute(.createLink(Self.veth))
            let mac = MACAddress(value: 0x0200_0000_0077)
            try socket.execute(.changeLink(.name("right"), LinkChange(isUp: true, isPromiscuous: true, mac: mac)))
            let on = try socket.link(named: "right")
            try socket.execute(.changeLink(.name("right"), LinkChange(isPromiscuous: false)))
            return [on, try socket.link(named: "right")]
        }
        #expect(links.map { $0?.isPromiscuous } == [true, false])
        #expect(links.map { $0?.isUp } == [true, true])
        #expect(links[0]?.mac?.value == 0x0200_0000_0077)
    }

    @Test(
        "A token bucket is set, replaced, read back and taken away; tc sees the same",
        arguments: [
            (UInt64(1_000_000), UInt32(65_536), "rate 8Mbit"), (125, 1518, "rate 1Kbit"),
            (10_000_000_000, 1 << 28, "rate 80Gbit"),
        ])
    func tokenBucket(rate: UInt64, burst: UInt32, words: String) async throws {
        let namespace = try NetNS()
        let wanted = TokenBucket(bytesPerSecond: rate, burst: burst, limit: burst * 2)
        let (before, link, found) = try inside(namespace) { socket throws(NetlinkError) in
            try socket.execute(.createLink(Self.veth))
            let before = try socket.rootQueue(ofLink: 4711)
            let other = TokenBucket(bytesPerSecond: 5000, burst: 5000, limit: 5000)
            try socket.execute(.setRootQueue(other, link: 4711))
            try socket.execute(.setRootQueue(wanted, link: 4711))
            return (before, try socket.link(at: 4711), try socket.rootQueue(ofLink: 4711))
        }
        #expect(before == nil && link?.queueing == "tbf")
        #expect(found?.bytesPerSecond == rate && found?.limit == burst * 2)
        #expect(abs(Int64(found?.burst ?? 0) - Int64(burst)) <= Int64(burst) / 100 + Int64(rate) / 10_000_000)
        let shown = try await namespace.demand("tc", "qdisc", "show", "dev", "left")
        #expect(shown.contains("qdisc tbf") && shown.contains(words), "\(shown)")
        let after = try inside(namespace) { socket throws(NetlinkError) in
            try socket.execute(.deleteRootQueue(link: 4711))
            return try socket.link(at: 4711)?.queueing
        }
        #expect(after == "noqueue")
    }

    @Test("An address is taken away; one that must be checked for duplicates is tentative at first, then not")
    func addresses() throws {
        let address = try #require(CIDR("fd01::1/64"))
        let (first, isDone, last, left) = try inside(try NetNS()) { socket throws(NetlinkError) in
            try socket.execute(.createLink(Self.veth))
            try socket.execute(.changeLink(.name("right"), LinkChange(isUp: true)))
            var checked = LinkAddress(link: 4711, address: address)
            checked.detectsDuplicates = true
            try socket.execute(.addAddress(checked))
            let first = try socket.addresses(ofLink: 4711).first { $0.address == address }
            let isDone = try socket.awaitDetection(ofLink: 4711, seconds: 10)
            let last = try socket.addresses(ofLink: 4711).first { $0.address == address }
            try socket.execute(.deleteAddress(LinkAddress(link: 4711, address: address)))
            return (first, isDone, last, try socket.addresses(ofLink: 4711).map(\.address))
        }
        #expect(first?.detection == .underWay && first?.detectsDuplicates == true)
        #expect(isDone && last?.detection == .passed)
        #expect(!left.contains(address))
    }

    @Test("An address that gets ready while the others are listed is not waited for in vain")
    func manyAddresses() async throws {
        // Two get ready in one moment now and then: among so many pairs always.
        let waited = await withTaskGroup(of: Bool?.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    try? await onThread {
                        try inside(try NetNS()) { socket throws(NetlinkError) in
                            try socket.execute(.createLink(Self.veth))
                            try socket.execute(.changeLink(.name("right"), LinkChange(isUp: true)))
                            for number in 1...8 {
                                guard let address = CIDR("fd01::\(number)/64") else { continue }
                                var checked = LinkAddress(link: 4711, address: address)
                                checked.detectsDuplicates = true
                                try socket.execute(.addAddress(checked))
                            }
                            return try socket.awaitDetection(ofLink: 4711, seconds: 8)
                        }
                    }
                }
            }
            return await group.reduce(into: [Bool?]()) { $0.append($1) }
        }
        #expect(waited.count == 64 && waited.allSatisfy { $0 == true }, "\(waited)")
    }

    @Test("A duplicate address is found out")
    func duplicate() throws {
        let address = try #require(CIDR("fd01::1/64"))
        let error = try inside(try NetNS()) { socket throws(NetlinkError) -> NetlinkError? in
            try socket.execute(.createLink(Self.veth))
            try socket.execute(.changeLink(.name("right"), LinkChange(isUp: true)))
            let right = try socket.link(named: "right")?.index ?? 0
            try socket.execute(.addAddress(LinkAddress(link: right, address: address)))
            var checked = LinkAddress(link: 4711, address: address)
            checked.detectsDuplicates = true
            try socket.execute(.addAddress(checked))
            do throws(NetlinkError) {
                _ = try socket.awaitDetection(ofLink: 4711, seconds: 10)
                return nil
            } catch {
                return error
            }
        }
        #expect(error?.errno == .addressInUse)
        #expect(error?.operation.contains("fd01::1/64") == true)
    }
}
