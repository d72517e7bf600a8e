import CNIProtocol
import Testing

@Suite struct ConfigurationTests {
    private func parse(_ text: String) throws(CNIError) -> NetworkConfiguration {
        try NetworkConfiguration(parsing: Array(text.utf8))
    }

    @Test(
        "What is wrong with a configuration has the specification's code",
        arguments: [
            ("", 6), ("{", 6), ("[]", 6), ("null", 6),
            (#"{"cniVersion":"1.2.0","name":"n"}"#, 1), (#"{"cniVersion":1,"name":"n"}"#, 7),
            (#"{"cniVersion":"1.1.0"}"#, 7), (#"{"cniVersion":"1.1.0","name":""}"#, 7),
            (#"{"cniVersion":"1.1.0","name":"../etc"}"#, 7), (#"{"cniVersion":"1.1.0","name":".a"}"#, 7),
            (#"{"cniVersion":"1.1.0","name":7}"#, 7), (#"{"cniVersion":"1.1.0","name":"n","type":[]}"#, 7),
        ])
    func refused(text: String, code: Int) {
        let error = #expect(throws: CNIError.self) { try parse(text) }
        #expect(error?.code.rawValue == code)
    }

    @Test("Unknown keys are kept, known ones found whatever their case")
    func keys() throws {
        let configuration = try parse(#"{"CniVersion":"0.4.0","NAME":"n","x":{"y":[1]}}"#)
        #expect(configuration.version == .v0_4_0)
        #expect(configuration.name == "n")
        #expect(configuration.root.value("x") != nil)
    }

    @Test("A failure names the key's whole path and its value")
    func path() throws {
        let reader = try parse(#"{"cniVersion":"1.1.0","name":"n","a":{"b":[{"c":"x"},{"c":1.5}]}}"#).root
        let inner = try #require(try reader.reader("a")?.readers("b").last)
        let error = #expect(throws: CNIError.self) { try inner.integer("c", in: 0...9) }
        #expect(error?.message == "invalid a.b[1].c: 1.5 is not a whole number from 0 to 9")
        let mismatch = #expect(throws: CNIError.self) { try inner.string("c") }
        #expect(mismatch?.message == "invalid a.b[1].c: 1.5 is a number, a string is needed")
    }

    @Test("The version of an answer to an unusable configuration is its own where it is spoken, else the newest")
    func answering() {
        for (text, version) in [
            (#"{"cniVersion":"0.4.0"}"#, SpecVersion.v0_4_0), (#"{"cniVersion":"7"}"#, .v1_1_0), ("x", .v1_1_0),
            ("{}", .v0_1_0), (#"{"cniVersion":null}"#, .v0_1_0), (#"{"cniVersion":1}"#, .v1_1_0),
        ] {
            #expect(NetworkConfiguration.answeringVersion(for: Array(text.utf8)) == version)
        }
    }
}
