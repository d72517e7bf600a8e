import CNIProtocol
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct HostLocalTests {
    private let dual = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#

    @Test(
        "ADD leases an address of each range set, in every version's shape, and DEL frees them",
        arguments: SpecVersion.allCases)
    func addAndDelete(version: SpecVersion) async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(
            version: version.rawValue, ranges: dual,
            ipam: #","routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0","gw":"fd85::9"}]"#)
        let outcome = try await store.call("ADD", configuration)
        #expect(outcome.exitCode == 0 && outcome.errorOutput.isEmpty)
        let result = try AddOutcome(outcome.output)
        #expect(result.version == version.rawValue)
        #expect(result.result.interfaces.isEmpty && !outcome.output.contains("interface"))
        #expect(result.result.addresses.map(\.address.description) == ["10.85.0.2/24", "fd85::2/64"])
        #expect(result.result.addresses.map(\.gateway?.description) == ["10.85.0.1", "fd85::1"])
        #expect(result.result.routes.map(\.destination.description) == ["0.0.0.0/0", "::/0"])
        #expect(try store.leases() == ["10.85.0.2": "c1\r\neth0", "fd85::2": "c1\r\neth0"])
        #expect(try store.text("last_reserved_ip.0") == "10.85.0.2")
        #expect(try store.text("last_reserved_ip.1") == "fd85::2")
        try await store.demand("DEL", configuration)
        #expect(try store.leases().isEmpty)
        #expect(try store.text("last_reserved_ip.0") == "10.85.0.2")
    }

    @Test("resolv.conf becomes the result's dns")
    func resolvConf() async throws {
        let store = try LeaseNode()
        try store.write("nameserver 192.0.2.3\nsearch a.example\n", to: "resolv.conf")
        let outcome = try await store.call(
            "ADD", store.configuration(ipam: #","resolvConf":"\#(store.directory)/resolv.conf""#))
        #expect(outcome.output.contains(#""dns":{"nameservers":["192.0.2.3"],"search":["a.example"]}"#))
    }

    @Test("DEL of one interface keeps the other's lease, and DEL of what never was succeeds")
    func interfaces() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration()
        try await store.demand("DEL", configuration, container: "never")
        #expect(try await store.add(configuration) == ["10.85.0.2"])
        #expect(try await store.add(configuration, interface: "eth1") == ["10.85.0.3"])
        try await store.demand("DEL", configuration, container: "never")
        try await store.demand("DEL", configuration, interface: "eth0")
        #expect(try store.leases() == ["10.85.0.3": "c1\r\neth1"])
        try await store.demand("DEL", configuration, interface: "eth0")
        #expect(try store.leases().count == 1)
    }

    @Test("A second ADD for the same attachment is refused and takes nothing")
    func duplicate() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(ranges: dual)
        try await store.add(configuration)
        let error = try await store.failure("ADD", configuration)
        #expect(error.code == 101)
        #expect(error.message == "10.85.0.2 has been allocated to c1, duplicate allocation is not allowed")
        #expect(try store.leases().count == 2)
        // Another network's range set holds none of its addresses.
        let other = store.configuration(ranges: #"[[{"subnet":"10.86.0.0/24"}]]"#)
        #expect(try await store.add(other) == ["10.86.0.2"])
        try await store.demand("DEL", other)
        #expect(try store.leases().isEmpty)
    }

    @Test("DEL frees leases of an old host-local, which named the container only, whatever white space surrounds names")
    func oldFiles() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration()
        for (name, text) in [
            "10.85.0.7": "c1", "10.85.0.8": " c1 \n", "10.85.0.9": "c1\neth0\n", "10.85.0.10": "c1\r\neth1",
            "10.85.0.11": "c11\r\neth0", "10.85.0.12": "c2",
        ] {
            try store.write(text, to: name)
        }
        try await store.demand("CHECK", configuration)
        try await store.demand("DEL", configuration)
        #expect(try Set(store.leases().keys) == ["10.85.0.10", "10.85.0.11", "10.85.0.12"])
    }

    @Test("CHECK passes while any lease is the attachment's, and says whose is missing")
    func check() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration()
        try await store.add(configuration)
        try await store.demand("CHECK", configuration)
        for (container, interface) in [("c2", "eth0"), ("c1", "eth1")] {
            let error = try await store.failure("CHECK", configuration, container: container, interface: interface)
            #expect(error.code == 103)
            #expect(error.message == "host-local: Failed to find address added by container \(container)")
        }
    }

    @Test("Requested addresses are given by CNI_ARGS, args.cni and runtimeConfig, from ranges of both families")
    func requested() async throws {
        let store = try LeaseNode()
        let ranges = #"[[{"subnet":"10.85.0.0/24"},{"subnet":"10.86.0.0/24"}],[{"subnet":"fd85::/64"}]]"#
        let plain = store.configuration(ranges: ranges)
        #expect(
            try await store.add(plain, container: "a", variables: ["CNI_ARGS": "IgnoreUnknown=1;IP=10.86.0.88"])
                == ["10.86.0.88", "fd85::2"])
        // The next one goes on after it, as with host-local.
        #expect(try await store.add(plain, container: "b") == ["10.86.0.89", "fd85::3"])
        let keys = #","args":{"cni":{"ips":["10.85.0.77/24"]}},"runtimeConfig":{"ips":["fd85::77"]}"#
        #expect(
            try await store.add(store.configuration(ranges: ranges, keys: keys), container: "c")
                == ["10.85.0.77", "fd85::77"])
        let error = try await store.failure(
            "ADD", plain, container: "d", variables: ["CNI_ARGS": "IP=10.85.0.77"])
        #expect(error.code == 106)
        #expect(
            error.message
                == "requested IP address 10.85.0.77 is not available in range set 10.85.0.1-10.85.0.254,10.86.0.1-10.86.0.254"
        )
        #expect(error.details.contains("container c interface eth0 holds it"))
        let gateway = try await store.failure("ADD", plain, container: "d", variables: ["CNI_ARGS": "IP=10.85.0.1"])
        #expect(gateway.code == 7 && gateway.message == "requested ip 10.85.0.1 is subnet's gateway")
        let outside = try await store.failure("ADD", plain, container: "d", variables: ["CNI_ARGS": "IP=10.87.0.1"])
        #expect(outside.message == "failed to allocate all requested IPs: 10.87.0.1")
        #expect(try store.leases().count == 6)
    }

    @Test("Addresses go round: a freed one rests until all others had their turn, over several ranges")
    func roundRobin() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(
            ranges:
                #"[[{"subnet":"10.85.0.0/24","rangeStart":"10.85.0.9","rangeEnd":"10.85.0.10"},{"subnet":"10.86.0.0/30"}]]"#
        )
        var order: [String] = []
        for number in 0..<5 {
            order += try await store.add(configuration, container: "c\(number)")
            try await store.demand("DEL", configuration, container: "c\(number)")
        }
        #expect(order == ["10.85.0.9", "10.85.0.10", "10.86.0.2", "10.85.0.9", "10.85.0.10"])
    }

    @Test("A pool without a free address is code 102 for ADD and 50 for STATUS, and ADD gives back what it took before")
    func exhausted() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(
            ranges: #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"10.86.0.0/29"}]]"#, ipam: #","exclude":["10.86.0.4/30"]"#
        )
        try await store.demand("STATUS", configuration)
        for number in 2...3 {
            try await store.demand("STATUS", configuration)
            #expect(try await store.add(configuration, container: "c\(number)")[1] == "10.86.0.\(number)")
        }
        let error = try await store.failure("ADD", configuration, container: "c4")
        #expect(error.code == 102)
        #expect(error.message == "no IP addresses available in range set: 10.86.0.1-10.86.0.6")
        #expect(try store.leases().count == 4)
        let status = try await store.failure("STATUS", configuration)
        #expect(status.code == 50 && status.message == error.message)
        try await store.demand("DEL", configuration, container: "c2")
        try await store.demand("STATUS", configuration)
    }

    @Test("GC frees what no valid attachment holds")
    func collect() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(ranges: dual)
        for number in 0..<4 { try await store.add(configuration, container: "c\(number)") }
        let valid = """
            ,"cni.dev/valid-attachments":[{"containerID":"c1","ifname":"eth0"},{"containerID":"c2","ifname":"eth9"}]
            """
        try await store.demand("GC", store.configuration(ranges: dual, keys: valid))
        #expect(try Set(store.leases().values) == ["c1\r\neth0"])
        try await store.demand("DEL", configuration, container: "c1")
        #expect(try store.leases().isEmpty)
    }

    @Test("A configuration without ipam is refused in host-local's words")
    func missing() async throws {
        let store = try LeaseNode()
        let error = try await store.failure("ADD", #"{"cniVersion":"1.1.0","name":"pods","type":"ptp"}"#)
        #expect(error.code == 7 && error.message == "IPAM config missing 'ipam' key")
    }
}
