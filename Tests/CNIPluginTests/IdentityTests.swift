import CNIPlugin
import CNIProtocol
import NetworkTypes
import Testing

@Suite struct IdentityTests {
    private func identity(_ network: String, _ container: String, _ interface: String) -> AttachmentIdentity {
        AttachmentIdentity(
            network: network, attachment: Attachment(containerID: container, interfaceName: interface))
    }

    @Test("The host link's name is a stable function of the three words")
    func name() {
        // Written down once: a change would orphan the links of every running pod.
        #expect(identity("pods", "c1", "eth0").hostLinkName == "vethf842bfd0796")
        #expect(identity("pods", "c1", "eth0").hostLinkName != identity("pods", "c1", "eth1").hostLinkName)
        #expect(identity("a", "bc", "d").hostLinkName != identity("ab", "c", "d").hostLinkName)
        let names = Set((0..<20_000).map { identity("pods", "container-\($0)", "eth0").hostLinkName })
        #expect(names.count == 20_000)
        #expect(names.allSatisfy { $0.utf8.count == 15 })
    }

    @Test(
        "An alias is read back, and a stranger's is not taken for one",
        arguments: [
            "", "web server", "fairway network a container b", "fairway network a container b interface c d",
            "fairway  network a container b interface c", "other network a container b interface c",
        ])
    func alias(text: String) {
        let mine = identity("pods", "c1", "eth0")
        #expect(AttachmentIdentity(alias: mine.alias) == mine)
        #expect(AttachmentIdentity(alias: text) == nil)
    }

    @Test("MAC addresses follow from the IP, are local unicast, and differ between the two ends")
    func mac() throws {
        let v4 = try #require(IPAddress("10.244.0.5"))
        #expect(DerivedMAC.interface(v4).description == "0a:58:0a:f4:00:05")
        #expect(DerivedMAC.hostEnd(v4).description == "06:58:0a:f4:00:05")
        let texts = ["10.244.0.5", "10.244.0.6", "fd00::5", "fd00::6", "fd01::5", "::a58:af4:5"]
        let all = texts.compactMap { IPAddress($0) }.flatMap { [DerivedMAC.interface($0), DerivedMAC.hostEnd($0)] }
        #expect(Set(all).count == texts.count * 2)
        #expect(all.allSatisfy { $0.bytes[0] & 3 == 2 })
    }
}
