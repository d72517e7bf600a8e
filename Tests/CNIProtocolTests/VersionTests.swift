import CNIProtocol
import Testing

@Suite struct VersionTests {
    @Test(
        "A version is one of those spoken, exactly, or code 1",
        arguments: ["0.1.0", "0.2.0", "1.2.0", "1.0", "v1.0.0", ""])
    func refused(text: String) {
        let error = #expect(throws: CNIError.self) { try SpecVersion.negotiate(text) }
        #expect(error?.code == .incompatibleVersion)
        #expect(error?.details == "cniVersion is \"\(text)\"; this plugin supports 0.3.1, 0.4.0, 1.0.0, 1.1.0")
    }

    @Test("Versions are ordered, and each verb has the version it came with")
    func verbs() throws {
        #expect(SpecVersion.allCases.sorted() == [.v0_3_1, .v0_4_0, .v1_0_0, .v1_1_0])
        for command in [CNICommand.add, .del, .version] { try SpecVersion.v0_3_1.requireVerb(command) }
        #expect(throws: CNIError.self) { try SpecVersion.v0_3_1.requireVerb(.check) }
        try SpecVersion.v0_4_0.requireVerb(.check)
        for command in [CNICommand.gc, .status] {
            let error = #expect(throws: CNIError.self) { try SpecVersion.v1_0_0.requireVerb(command) }
            #expect(error?.code == .incompatibleVersion)
            #expect(error?.message == "config version does not allow \(command.rawValue)")
            try SpecVersion.v1_1_0.requireVerb(command)
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
        #expect(
            VersionResult.json(for: Array(input.utf8)).serialized
                == #"{"cniVersion":"\#(version)","supportedVersions":["0.3.1","0.4.0","1.0.0","1.1.0"]}"#)
    }
}
