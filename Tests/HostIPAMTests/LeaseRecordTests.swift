import CNIProtocol
import HostIPAM
import Testing

@Suite struct LeaseRecordTests {
    private let attachment = LeaseRecord(containerID: "abc", interfaceName: "eth0")

    @Test("A record is written as host-local writes it")
    func content() {
        #expect(attachment.content == "abc\r\neth0")
    }

    @Test(
        "A record is read whatever white space surrounds it",
        arguments: ["abc\r\neth0", "abc\neth0\n", " abc \r\n eth0 \r\n"])
    func read(text: String) throws {
        let record = try #require(LeaseRecord(parsing: Array(text.utf8)))
        #expect(record.belongs(to: attachment))
        #expect(!record.belongs(to: LeaseRecord(containerID: "abc", interfaceName: "eth1")))
        #expect(!record.belongs(to: LeaseRecord(containerID: "ab", interfaceName: "eth0")))
    }

    @Test("A record of an old host-local, without interface, is its container's")
    func old() throws {
        let record = try #require(LeaseRecord(parsing: Array("abc\n".utf8)))
        #expect(record.belongs(to: attachment))
        #expect(record.belongs(to: LeaseRecord(containerID: "abc", interfaceName: "eth1")))
        #expect(!record.belongs(to: LeaseRecord(containerID: "x", interfaceName: "eth0")))
    }

    @Test("An empty file has no record", arguments: ["", "\n", " \r\n"])
    func empty(text: String) {
        #expect(LeaseRecord(parsing: Array(text.utf8)) == nil)
    }

    @Test("resolv.conf is read as far as results have keys for it")
    func resolvConf() {
        let dns = DNSConfiguration(
            resolvConf:
                "# c\nnameserver 10.0.0.1\nnameserver\tfd00::1\r\nsearch a b\ndomain d\noptions ndots:5 x\njunk\n")
        #expect(dns.nameservers == ["10.0.0.1", "fd00::1"])
        #expect(dns.search == ["a", "b"])
        #expect(dns.domain == "d")
        #expect(dns.options == ["ndots:5", "x"])
    }
}
