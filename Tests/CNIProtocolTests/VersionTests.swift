import CNIProtocol
import JSON
import NetworkTypes
import Testing

@Suite struct VersionTests {
    @Test(
        "A version is one of those spoken, exactly, or code 1 with upstream's words",
        arguments: ["0.1", "0.3.2", "1.2.0", "1.0", "v1.0.0", " 1.0.0", "4.2.0"])
    func refused(text: String) {
        let error = #expect(throws: CNIError.self) { try SpecVersion.negotiate(text) }
        #expect(error?.code == .incompatibleVersion)
        #expect(error?.message == "incompatible CNI versions")
        #expect(
            error?.details
                == #"config is "\#(text)", plugin supports ["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0" "1.0.0" "1.1.0"]"#)
    }

    @Test(
        "A configuration without a version, or with an empty or null one, is of 0.1.0",
        arguments: ["", #""cniVersion":"","#, #""cniVersion":null,"#])
    func unstated(member: String) throws {
        let text = "{\(member)\"name\":\"n\"}"
        #expect(try NetworkConfiguration(parsing: Array(text.utf8)).version == .v0_1_0)
    }

    @Test("Each version is spoken", arguments: SpecVersion.allCases)
    func spoken(version: SpecVersion) throws {
        #expect(try SpecVersion.negotiate(version.rawValue) == version)
    }

    @Test("Versions are ordered, and each verb has the version it came with")
    func verbs() throws {
        #expect(SpecVersion.allCases.sorted() == SpecVersion.allCases)
        for version in SpecVersion.allCases {
            for command in [CNICommand.add, .del, .version] { try version.requireVerb(command) }
            for (command, first) in [(CNICommand.check, SpecVersion.v0_4_0), (.gc, .v1_1_0), (.status, .v1_1_0)] {
                if version >= first {
                    try version.requireVerb(command)
                } else {
                    let error = #expect(throws: CNIError.self) { try version.requireVerb(command) }
                    #expect(error?.code == .incompatibleVersion)
                    #expect(error?.message == "config version does not allow \(command.rawValue)")
                }
            }
        }
    }

    @Test("Before 0.3.0 a pod needs an address, and has one of each family", arguments: SpecVersion.allCases)
    func room(version: SpecVersion) throws {
        for families in [[IPFamily.ipv4], [.ipv6], [.ipv6, .ipv4]] { try version.requireRoom(for: families) }
        let refused: [([IPFamily], String)] = [
            ([], "cannot convert: no valid IP addresses"),
            (
                [.ipv4, .ipv6, .ipv6],
                "CNI version \(version.rawValue) does not support more than 1 address per family"
            ),
        ]
        for (families, message) in refused {
            if version >= .v0_3_0 {
                try version.requireRoom(for: families)
            } else {
                let error = #expect(throws: CNIError.self) { try version.requireRoom(for: families) }
                #expect(error?.message == message)
            }
        }
    }

    @Test(
        "VERSION echoes the request's version and lists those spoken, whatever the input",
        arguments: [
            (#"{"cniVersion":"0.4.0"}"#, "0.4.0"), (#"{"cniVersion":"9.9"}"#, "9.9"), ("", "1.1.0"),
            ("garbage", "1.1.0"),
            ("[]", "1.1.0"), (#"{"cniVersion":7}"#, "1.1.0"),
        ])
    func answer(input: String, version: String) {
        let spoken = #"["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]"#
        #expect(
            VersionResult.json(for: Array(input.utf8)).serialized
                == #"{"cniVersion":"\#(version)","supportedVersions":\#(spoken)}"#)
    }
}
