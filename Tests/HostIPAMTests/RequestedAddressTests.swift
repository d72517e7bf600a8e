import CNIProtocol
import HostIPAM
import JSON
import NetworkTypes
import Testing

@Suite struct RequestedAddressTests {
    private let section = """
        {"ranges":[[{"subnet":"10.1.0.0/24"},{"subnet":"10.2.0.0/24","rangeStart":"10.2.0.10","rangeEnd":"10.2.0.20"}],\
        [{"subnet":"fd00::/64","gateway":"fd00::5"}]],"exclude":["10.1.0.8/30"]}
        """

    private func requested(_ keys: String = "", _ arguments: [String: String] = [:]) throws -> [Int: String] {
        try ipam(section, keys: keys, arguments: arguments).requested.mapValues(\.description)
    }

    @Test("An address is asked for in CNI_ARGS, args.cni or runtimeConfig, with or without a prefix length")
    func ways() throws {
        #expect(try requested() == [:])
        #expect(try requested("", ["IP": "10.1.0.77", "IgnoreUnknown": "1"]) == [0: "10.1.0.77"])
        #expect(try requested("", ["IP": "10.1.0.77/16"]) == [0: "10.1.0.77"])
        #expect(try requested("", ["IP": "::ffff:10.1.0.77"]) == [0: "10.1.0.77"])
        #expect(try requested("", ["IP": ""]) == [:])
        #expect(try requested(#","args":{"cni":{"ips":["fd00::9"]}}"#) == [1: "fd00::9"])
        #expect(
            try requested(#","args":{"cni":{"Ips":["fd00::9/64"]}},"runtimeConfig":{"ips":["10.2.0.20/24"]}"#)
                == [0: "10.2.0.20", 1: "fd00::9"])
        // The same address by two ways is one wish.
        #expect(try requested(#","runtimeConfig":{"ips":["10.1.0.77"]}"#, ["IP": "10.1.0.77"]) == [0: "10.1.0.77"])
        for harmless in [#","args":{"cni":null}"#, #","args":{"other":1}"#, #","runtimeConfig":{"ips":null}"#] {
            #expect(try requested(harmless) == [:])
        }
    }

    @Test("Ranges that the runtime gives are asked before the configuration's own")
    func runtimeRanges() throws {
        let keys = #","runtimeConfig":{"ips":["10.9.0.9"],"ipRanges":[[{"subnet":"10.9.0.0/24"}]]}"#
        #expect(try requested(keys, ["IP": "10.1.0.7"]) == [0: "10.9.0.9", 1: "10.1.0.7"])
    }

    @Test(
        "An address that no range set gives is an error that names it",
        arguments: [
            ("10.3.0.1", "failed to allocate all requested IPs: 10.3.0.1"),
            // Beside the range, in its subnet.
            ("10.2.0.9", "failed to allocate all requested IPs: 10.2.0.9"),
            ("10.2.0.21", "failed to allocate all requested IPs: 10.2.0.21"),
            ("10.1.0.1", "requested ip 10.1.0.1 is subnet's gateway"),
            ("fd00::5", "requested ip fd00::5 is subnet's gateway"),
            ("10.1.0.9", "requested ip 10.1.0.9 is excluded"),
            ("10.1.0", "invalid CNI_ARGS IP: \"10.1.0\" is not an IP address"),
            ("10.1.0.9/33", "invalid CNI_ARGS IP: \"10.1.0.9/33\" is not an IP address"),
        ])
    func refused(text: String, message: String) {
        let error = #expect(throws: CNIError.self) { try requested("", ["IP": text]) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message == message)
    }

    @Test("One range set gives one address: a second wish for it is an error that names those left over")
    func twoOfOneSet() {
        let keys = #","runtimeConfig":{"ips":["10.1.0.7","10.2.0.12","fd00::7","fd00::8"]}"#
        let error = #expect(throws: CNIError.self) { try requested(keys) }
        #expect(error?.message == "failed to allocate all requested IPs: 10.2.0.12 fd00::8")
    }

    @Test("A wish that is no string is named by its path")
    func path() {
        let error = #expect(throws: CNIError.self) { try requested(#","args":{"cni":{"ips":["10.1.0.7",7]}}"#) }
        #expect(error?.message == "invalid args.cni.ips[1]: 7 is a number, a string is needed")
    }

    @Test("Before version 0.3.0 a network has one address of each family")
    func onePerFamily() throws {
        let two = #"{"ranges":[[{"subnet":"10.1.0.0/24"}],[{"subnet":"10.2.0.0/24"}],[{"subnet":"fd00::/64"}]]}"#
        func read(_ version: String) throws {
            let text = #"{"cniVersion":"\#(version)","name":"n","ipam":\#(two)}"#
            guard case .object(let object) = try JSONValue(parsing: Array(text.utf8)) else { return }
            _ = try IPAMConfiguration(ConfigurationReader(object))
        }
        for version in ["0.1.0", "0.2.0"] {
            let error = #expect(throws: CNIError.self) { try read(version) }
            #expect(error?.message == "CNI version \(version) does not support more than 1 address per family")
        }
        for version in ["0.3.0", "0.4.0", "1.1.0"] { try read(version) }
    }
}
