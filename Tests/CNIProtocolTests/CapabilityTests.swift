import CNIProtocol
import NetworkTypes
import Testing

@Suite struct CapabilityTests {
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
        #expect(try PortMapping.list(root) == [PortMapping(hostPort: 8080, containerPort: 80)])
    }

    @Test("Port mappings are read as CRI-O and podman send them: protocols of any case, host addresses, tcp if unsaid")
    func lowerCamel() throws {
        let root = try root(
            """
            ,"runtimeConfig":{"portMappings":[{"hostPort":53,"containerPort":5353,"protocol":"Udp","hostIP":"192.0.2.1"},\
            {"hostPort":65535,"containerPort":1},{"hostPort":9,"containerPort":9,"protocol":"SCTP","hostIP":"::"},\
            {"containerPort":7},{"hostPort":65535,"containerPort":1,"protocol":""}]}
            """)
        let mappings = try PortMapping.list(root)
        #expect(
            mappings == [
                PortMapping(hostPort: 53, containerPort: 5353, protocol: .udp, hostAddress: IPAddress("192.0.2.1")),
                PortMapping(hostPort: 65535, containerPort: 1),
                PortMapping(hostPort: 9, containerPort: 9, protocol: .sctp, hostAddress: IPAddress("::")),
            ])
        #expect(mappings.map { $0.serves(.ipv4) } == [true, true, false])
        #expect(mappings.map { $0.serves(.ipv6) } == [false, true, true])
        #expect(mappings.map(\.specificHostAddress) == [IPAddress("192.0.2.1"), nil, nil])
        #expect(mappings.map(\.description) == ["udp port 53 of 192.0.2.1", "tcp port 65535", "sctp port 9"])
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
        let error = #expect(throws: CNIError.self) { try PortMapping.list(root) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message == "invalid runtimeConfig.portMappings[0].\(message)")
    }

    @Test("Without a capability there is nothing to map or limit")
    func nothing() throws {
        for members in [
            "", #","runtimeConfig":null"#, #","runtimeConfig":{}"#, #","runtimeConfig":{"portMappings":null}"#,
        ] {
            #expect(try PortMapping.list(try root(members)).isEmpty)
            #expect(try BandwidthLimits(try root(members)).isEmpty)
        }
    }

    @Test("Bandwidth is read as containerd sends it; the configuration's own keys win as a whole, even zeros")
    func bandwidth() throws {
        let runtime = #","runtimeConfig":{"bandwidth":{"IngressRate":8000,"IngressBurst":4294967295,"EgressRate":0}}"#
        let limits = try BandwidthLimits(try root(runtime))
        #expect(limits == BandwidthLimits(ingress: .init(rate: 8000, burst: 4_294_967_295)))
        let both = try BandwidthLimits(try root(#","egressRate":9,"egressBurst":10"# + runtime))
        #expect(both == BandwidthLimits(egress: .init(rate: 9, burst: 10)))
        #expect(try BandwidthLimits(try root(#","ingressRate":0"# + runtime)).isEmpty)
    }

    @Test(
        "A rate goes with a burst, which is below 4 GiB",
        arguments: [
            (#""ingressRate":5"#, "invalid ingressBurst: it is missing or 0 beside ingressRate 5"),
            (#""egressBurst":6"#, "invalid egressRate: it is missing or 0 beside egressBurst 6"),
            (#""egressRate":1,"egressBurst":34359738360"#, "invalid egressBurst: 34359738360 bits are 4 GiB or more"),
            (#""ingressRate":-1"#, "invalid ingressRate: -1 is not a whole number from 0 to \(Int.max)"),
        ])
    func wrongBandwidth(keys: String, message: String) throws {
        let root = try root("," + keys)
        #expect(#expect(throws: CNIError.self) { try BandwidthLimits(root) }?.message == message)
        #expect(throws: Never.self) {
            try BandwidthLimits(try self.root(#","egressRate":1,"egressBurst":34359738359"#))
        }
    }

    @Test("portmap's keys have its defaults")
    func portMapOptions() throws {
        #expect(try PortMapOptions(try root("")) == PortMapOptions())
        var expected = PortMapOptions()
        expected.backend = .nftables
        expected.masqueradesReturning = false
        expected.masqueradesAll = true
        expected.markMasqueradeBit = 31
        expected.conditionsV4 = ["-s", "10.0.0.0/8"]
        let keys =
            #","backend":"nftables","SNAT":false,"masqAll":true,"markMasqBit":31,"conditionsV4":["-s","10.0.0.0/8"]"#
        #expect(try PortMapOptions(try root(keys)) == expected)
        for (keys, message) in [
            (#","backend":"ebpf""#, #"invalid backend: "ebpf" is neither iptables nor nftables"#),
            (#","markMasqBit":32"#, "invalid markMasqBit: 32 is not a whole number from 0 to 31"),
            (
                #","markMasqBit":1,"externalSetMarkChain":"X""#,
                #"invalid externalSetMarkChain: "X" excludes markMasqBit: choose one"#
            ),
        ] {
            let root = try root(keys)
            #expect(#expect(throws: CNIError.self) { try PortMapOptions(root) }?.message == message)
        }
    }
}
