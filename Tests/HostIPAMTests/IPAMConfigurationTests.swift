import CNIProtocol
import HostIPAM
import NetworkTypes
import Testing

func ipam(_ section: String, keys: String = "", arguments: [String: String] = [:]) throws(CNIError)
    -> IPAMConfiguration
{
    let text = #"{"cniVersion":"1.1.0","name":"n","ipam":\#(section)\#(keys)}"#
    return try IPAMConfiguration(try NetworkConfiguration(parsing: Array(text.utf8)).root, arguments: arguments)
}

@Suite struct IPAMConfigurationTests {
    @Test(
        "A range has host-local's defaults",
        arguments: [
            ("10.1.2.0/24", "10.1.2.1-10.1.2.254", "10.1.2.1"), ("10.1.2.0/30", "10.1.2.1-10.1.2.2", "10.1.2.1"),
            ("fd00::/64", "fd00::1-fd00::ffff:ffff:ffff:ffff", "fd00::1"),
        ])
    func defaults(subnet: String, range: String, gateway: String) throws {
        let set = try #require(try ipam(#"{"ranges":[[{"subnet":"\#(subnet)"}]]}"#).rangeSets.first)
        #expect(set.description == range)
        #expect(set.ranges.first?.gateway.description == gateway)
    }

    @Test("Old flat keys come before ranges, the runtime's ranges before both")
    func order() throws {
        let configuration = try ipam(
            #"{"type":"host-local","subnet":"10.2.0.0/24","rangeStart":"10.2.0.5","ranges":[[{"subnet":"10.3.0.0/24"}]]}"#,
            keys: #","runtimeConfig":{"ipRanges":[[{"Subnet":"10.1.0.0/24"}]]}"#)
        #expect(
            configuration.rangeSets.map(\.description) == [
                "10.1.0.1-10.1.0.254", "10.2.0.5-10.2.0.254", "10.3.0.1-10.3.0.254",
            ])
    }

    @Test(
        "What is wrong with the section is named by its path",
        arguments: [
            (#"{}"#, "ipam.ranges"), (#"{"ranges":[]}"#, "ipam.ranges"), (#"{"ranges":[[]]}"#, "ipam.ranges[0]"),
            (#"{"ranges":[{"subnet":"10.0.0.0/8"}]}"#, "ipam.ranges[0]"),
            (#"{"ranges":[[{}]]}"#, "ipam.ranges[0][0].subnet"),
            (#"{"ranges":[[{"subnet":"10.0.0.1/8"}]]}"#, "host bits"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/31"}]]}"#, "too small"),
            (#"{"ranges":[[{"subnet":"fd00::/128"}]]}"#, "too small"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/33"}]]}"#, "ADDRESS/LENGTH"),
            (#"{"ranges":[[{"subnet":"127.9.0.0/16"}]]}"#, "subnet: 127.9.0.1-127.9.255.254 has loopback"),
            (#"{"ranges":[[{"subnet":"126.0.0.0/7"}]]}"#, "loopback addresses (127.0.0.0/8)"),
            (#"{"ranges":[[{"subnet":"169.254.8.0/24"}]]}"#, "link-local addresses (169.254.0.0/16)"),
            (#"{"ranges":[[{"subnet":"239.1.0.0/16"}]]}"#, "multicast addresses (224.0.0.0/4)"),
            (#"{"ranges":[[{"subnet":"::/64"}]]}"#, "loopback addresses (::1/128)"),
            (#"{"ranges":[[{"subnet":"::ffff:10.0.0.0/120"}]]}"#, "IPv4-mapped addresses (::ffff:0.0.0.0/96)"),
            (#"{"ranges":[[{"subnet":"fe80::/64"}]]}"#, "link-local addresses (fe80::/10)"),
            (#"{"ranges":[[{"subnet":"ff05::/64"}]]}"#, "multicast addresses (ff00::/8)"),
            (#"{"dataDir":"a","ranges":[[{"subnet":"10.0.0.0/24"}]]}"#, "invalid ipam.dataDir: \"a\" is relative"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24","rangeStart":"10.0.1.1"}]]}"#, "rangeStart"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24","rangeEnd":"10.0.1.1"}]]}"#, "rangeEnd"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24","rangeStart":"10.0.0.9","rangeEnd":"10.0.0.8"}]]}"#, "rangeEnd"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24","gateway":"fd00::1"}]]}"#, "gateway"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24","gateway":"x"}]]}"#, "not an IP address"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24"},{"subnet":"10.0.0.128/25"}]]}"#, "overlaps"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24"}],[{"subnet":"10.0.0.0/16"}]]}"#, "overlaps"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24"},{"subnet":"fd00::/64"}]]}"#, "two families"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24"}]],"exclude":["x"]}"#, "ipam.exclude[0]"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24"}]],"routes":[{"gw":"10.0.0.1"}]}"#, "ipam.routes[0].dst"),
            (#"{"ranges":[[{"subnet":"10.0.0.0/24"}]],"routes":[{"dst":"10.0.0.0/8","gw":"fd00::1"}]}"#, "family"),
            (
                #"{"ranges":[[{"subnet":"10.0.0.0/24"}]],"routes":[{"dst":"10.0.0.0/8","mtu":-1}]}"#,
                "ipam.routes[0].mtu"
            ),
            (#"{"ranges":"10.0.0.0/24"}"#, "ipam.ranges"), (#"[]"#, "ipam"), (#"{"dataDir":7}"#, "ipam.dataDir"),
        ])
    func refused(section: String, words: String) {
        let error = #expect(throws: CNIError.self) { try ipam(section) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test("The lease directory is found in a configuration that is otherwise invalid")
    func dataDirectory() throws {
        func directory(_ text: String) throws -> String {
            IPAMConfiguration.dataDirectory(try NetworkConfiguration(parsing: Array(text.utf8)).root)
        }
        #expect(
            try directory(#"{"cniVersion":"1.1.0","name":"n","ipam":{"DataDir":"/d","ranges":7}}"#) == "/d")
        for ipam in ["{}", "7", #"{"dataDir":7}"#, #"{"dataDir":""}"#] {
            #expect(
                try directory(#"{"cniVersion":"1.1.0","name":"n","ipam":\#(ipam)}"#) == "/var/lib/cni/networks")
        }
    }
}
