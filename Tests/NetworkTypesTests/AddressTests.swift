import NetworkTypes
import Testing

@Suite struct AddressTests {
    @Test("IPv4 text round-trips", arguments: ["0.0.0.0", "10.96.0.1", "255.255.255.255", "127.0.0.1"])
    func ipv4RoundTrip(text: String) {
        #expect(IPv4Address(text)?.description == text)
    }

    @Test("IPv4 with leading zeros is read as decimal, as ParseIPSloppy does")
    func ipv4LeadingZeros() {
        #expect(IPv4Address("010.000.0.08")?.description == "10.0.0.8")
    }

    @Test(
        "Text that is no IPv4 address is refused",
        arguments: ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1..2.3", "1.2.3.", ".1.2.3", "a.b.c.d", "1.2.3.4 "])
    func ipv4Refused(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test(
        "IPv6 text is written as RFC 5952 has it",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("fd00:10:244::5", "fd00:10:244::5"),
            ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1"), ("1::", "1::"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ])
    func ipv6Canonical(text: String, canonical: String) {
        #expect(IPv6Address(text)?.description == canonical)
    }

    @Test(
        "Text that is no IPv6 address is refused",
        arguments: [
            ":", ":::", "1:2", "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::", "1:2:3:4:5:6:7:", ":1::", "fe80::1%eth0",
            "g::",
        ])
    func ipv6Refused(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test("A CIDR knows its network, its ends and what it contains")
    func cidr() throws {
        let cidr = try #require(CIDR("10.244.3.7/22"))
        #expect(cidr.network.description == "10.244.0.0/22")
        #expect(cidr.last.description == "10.244.3.255")
        #expect(!cidr.isNetwork)
        #expect(cidr.contains(try #require(IPAddress("10.244.2.1"))))
        #expect(!cidr.contains(try #require(IPAddress("10.244.4.0"))))
        #expect(cidr.maskBytes == [255, 255, 252, 0])
        let v6 = try #require(CIDR("fd00::/64"))
        #expect(v6.last.description == "fd00::ffff:ffff:ffff:ffff")
        #expect(!v6.contains(try #require(IPAddress("10.0.0.1"))))
        #expect(CIDR("::/0")?.last.description == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        #expect(try #require(CIDR("10.0.0.0/8")).overlaps(cidr))
    }

    @Test(
        "A CIDR with a bad length is refused",
        arguments: ["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "/8"])
    func cidrRefused(text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test("A MAC address round-trips and refuses everything else")
    func mac() {
        for text in ["0A:58:0a:f4:00:05", "0a-58-0a-f4-00-05", "0a58.0AF4.0005"] {
            #expect(MACAddress(text)?.description == "0a:58:0a:f4:00:05")
        }
        for text in [
            "", "0a:58:0a:f4:00", "0a:58:0a:f4:00:05:06", "0a-58:0a-f4-00-05", "ga:58:0a:f4:00:05", "0a580af40005",
            "0a58.0af4", "0a58.0af4.0005.0006", "0a58.0af4.005", "0a58:0af4:0005",
        ] {
            #expect(MACAddress(text) == nil, "\(text)")
        }
    }

    @Test("Addresses sort by family, then by number")
    func order() {
        let sorted = ["::1", "10.0.0.2", "9.255.255.255", "::"].compactMap { IPAddress($0) }.sorted()
        #expect(sorted.map(\.description) == ["9.255.255.255", "10.0.0.2", "::", "::1"])
    }

    @Test("A MAC address makes a link-local address by the modified EUI-64")
    func linkLocal() throws {
        for (mac, address) in [
            ("0a:58:0a:55:00:01", "fe80::858:aff:fe55:1"), ("02:fc:00:00:00:01", "fe80::fc:ff:fe00:1"),
            ("00:00:5e:00:53:af", "fe80::200:5eff:fe00:53af"),
        ] {
            #expect(IPv6Address(linkLocalOf: try #require(MACAddress(mac))) == IPv6Address(address))
        }
    }
}
