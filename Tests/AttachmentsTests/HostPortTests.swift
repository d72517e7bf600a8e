import Attachments
import CNIProtocol
import NetworkTypes
import Testing

@Suite struct HostPortTests {
    private func root(_ members: String) throws -> ConfigurationReader {
        let text = #"{"cniVersion":"1.1.0","name":"n"\#(members)}"#
        return try NetworkConfiguration(parsing: Array(text.utf8)).root
    }

    @Test("Port mappings are read as containerd sends them, capitals and empty host addresses and all")
    func containerd() throws {
        let root = try root(
            """
            ,"RuntimeConfig":{"portMappings":[{"HostPort":8080,"ContainerPort":80,"Protocol":"tcp","HostIP":""},\
            {"HostPort":0,"ContainerPort":81,"Protocol":"tcp","HostIP":""}]}
            """)
        #expect(try HostPort.list(root) == [HostPort(.tcp, 8080, to: 80)])
    }

    @Test("Port mappings are read as CRI-O and podman send them: protocols of any case, host addresses, tcp if unsaid")
    func lowerCamel() throws {
        let root = try root(
            """
            ,"runtimeConfig":{"portMappings":[{"hostPort":53,"containerPort":5353,"protocol":"Udp","hostIP":"192.0.2.1"},\
            {"hostPort":65535,"containerPort":1},{"hostPort":9,"containerPort":9,"protocol":"SCTP","hostIP":"::"},\
            {"containerPort":7},{"hostPort":65535,"containerPort":1,"protocol":""}]}
            """)
        let mappings = try HostPort.list(root)
        #expect(
            mappings == [
                HostPort(.udp, 53, to: 5353, on: IPAddress("192.0.2.1")),
                HostPort(.tcp, 65535, to: 1),
                HostPort(.sctp, 9, to: 9, on: IPAddress("::")),
            ])
        #expect(mappings.map(\.description) == ["192.0.2.1:53/udp", "65535/tcp", "[::]:9/sctp"])
    }

    @Test(
        "A port mapping that cannot be had names its key and its value",
        arguments: [
            (#"{"hostPort":65536,"containerPort":80}"#, "hostPort: 65536 is not a whole number from 0 to 65535"),
            (#"{"hostPort":-1,"containerPort":80}"#, "hostPort: -1 is not a whole number from 0 to 65535"),
            (#"{"hostPort":80,"containerPort":0}"#, "containerPort: 0 is not from 1 to 65535"),
            (#"{"hostPort":80}"#, "containerPort: 0 is not from 1 to 65535"),
            (#"{"hostPort":"80","containerPort":80}"#, #"hostPort: "80" is a string, a number is needed"#),
            (
                #"{"hostPort":80,"containerPort":80,"protocol":"dccp"}"#,
                #"protocol: "dccp" is none of tcp, udp and sctp"#
            ),
            (#"{"hostPort":80,"containerPort":80,"hostIP":"localhost"}"#, #"hostIP: "localhost" is not an IP address"#),
        ])
    func wrongMapping(entry: String, message: String) throws {
        let root = try root(#","runtimeConfig":{"portMappings":[\#(entry)]}"#)
        let error = #expect(throws: CNIError.self) { try HostPort.list(root) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message == "invalid runtimeConfig.portMappings[0].\(message)")
    }

    @Test("Without the capability there is nothing to map")
    func nothing() throws {
        for members in [
            "", #","runtimeConfig":null"#, #","runtimeConfig":{}"#, #","runtimeConfig":{"portMappings":null}"#,
        ] {
            #expect(try HostPort.list(try root(members)).isEmpty)
        }
    }
}
