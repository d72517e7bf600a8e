import Attachments
import CNIProtocol
import Testing

/// The tests' library has one too.
typealias Attachment = Attachments.Attachment

@Suite struct AttachmentTests {
    private func attachment(_ network: String, _ container: String, _ interface: String) -> Attachment {
        Attachment(network: network, containerID: container, interfaceName: interface)
    }

    @Test("The host link's name is a stable function of the three words")
    func name() {
        // Written down once: a change would orphan the links of every running pod.
        #expect(attachment("pods", "c1", "eth0").hostLinkName == "vethf842bfd0796")
        #expect(attachment("pods", "c1", "eth0").hostLinkName != attachment("pods", "c1", "eth1").hostLinkName)
        #expect(attachment("a", "bc", "d").hostLinkName != attachment("ab", "c", "d").hostLinkName)
        let names = Set((0..<20_000).map { attachment("pods", "container-\($0)", "eth0").hostLinkName })
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
        let mine = attachment("pods", "c1", "eth0")
        #expect(Attachment(alias: mine.alias) == mine)
        #expect(Attachment(alias: text) == nil)
    }

    private func parse(_ text: String) throws(CNIError) -> NetworkConfiguration {
        try NetworkConfiguration(parsing: Array(text.utf8))
    }

    @Test(
        "Absent, null and empty valid attachments all mean that none is valid",
        arguments: [
            "", #","cni.dev/valid-attachments":null"#, #","cni.dev/valid-attachments":[]"#,
        ])
    func nothingValid(key: String) throws {
        #expect(try parse(#"{"cniVersion":"1.1.0","name":"n"\#(key)}"#).validAttachments().isEmpty)
    }

    @Test(
        "Valid attachments are read under their name and its older alias",
        arguments: [
            "cni.dev/valid-attachments", "cni.dev/attachments",
        ])
    func valid(key: String) throws {
        let text = #"{"cniVersion":"1.1.0","name":"n","\#(key)":[{"containerID":"c","ifname":"eth0"}]}"#
        #expect(try parse(text).validAttachments() == [attachment("n", "c", "eth0")])
    }
}
