import CNIProtocol
import NetworkTypes
import Testing

@Suite struct CapabilityTests {
    private func root(_ members: String) throws -> ConfigurationReader {
        let text = #"{"cniVersion":"1.1.0","name":"n"\#(members)}"#
        return try NetworkConfiguration(parsing: Array(text.utf8)).root
    }

    @Test("Without the capability there is nothing to limit")
    func nothing() throws {
        for members in ["", #","runtimeConfig":null"#, #","runtimeConfig":{}"#] {
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
            (
                #""ingressRate":5"#,
                "if rate is set, burst must also be set; ingressBurst: it is missing or 0 beside ingressRate 5"
            ),
            (
                #""egressBurst":6"#,
                "if burst is set, rate must also be set; egressRate: it is missing or 0 beside egressBurst 6"
            ),
            (
                #""egressRate":1,"egressBurst":34359738360"#,
                "burst cannot be more than 4GB; egressBurst: 34359738360 bits are 4 GiB or more"
            ),
            (#""ingressRate":-1"#, "invalid ingressRate: -1 is not a whole number from 0 to \(Int.max); "),
        ])
    func wrongBandwidth(keys: String, message: String) throws {
        let root = try root("," + keys)
        let error = try #require(#expect(throws: CNIError.self) { try BandwidthLimits(root) })
        #expect("\(error.message); \(error.details)" == message)
        #expect(throws: Never.self) {
            try BandwidthLimits(try self.root(#","egressRate":1,"egressBurst":34359738359"#))
        }
    }

    @Test("portmap's keys have its defaults")
    func portMapOptions() throws {
        #expect(try PortMapOptions(try root("")) == PortMapOptions())
        var expected = PortMapOptions()
        expected.masqueradesReturning = false
        // masqAll counts under snat only, as upstream.
        expected.hasConditions = true
        let keys =
            #","backend":"nftables","SNAT":false,"masqAll":true,"markMasqBit":31,"conditionsV4":["-s","10.0.0.0/8"]"#
        #expect(try PortMapOptions(try root(keys)) == expected)
        #expect(try PortMapOptions(try root(#","masqAll":true"#)).masqueradesAll)
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
