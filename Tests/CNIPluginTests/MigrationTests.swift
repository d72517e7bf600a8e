import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

/// Fairway and Debian's containernetworking-plugins on one node, one after the other and in turns.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct MigrationTests {
    private let ranges = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]]"#

    @Test("host-local, then Fairway, then host-local again: no address twice, and each frees the other's")
    func leases() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(version: "1.0.0", ranges: ranges)
        var given: Set<String> = []
        for (number, program) in [LeaseNode.upstream, store.hostLocal, LeaseNode.upstream, store.hostLocal].enumerated()
        {
            for pod in 0..<5 {
                let addresses = try await store.add(configuration, container: "c\(number)-\(pod)", program: program)
                #expect(addresses.count == 2 && given.isDisjoint(with: addresses))
                given.formUnion(addresses)
            }
        }
        #expect(try Set(store.leases().keys) == given)
        for (number, program) in [store.hostLocal, LeaseNode.upstream, store.hostLocal, LeaseNode.upstream].enumerated()
        {
            for pod in 0..<5 {
                try await store.demand("CHECK", configuration, container: "c\(number)-\(pod)", program: program)
                try await store.demand("DEL", configuration, container: "c\(number)-\(pod)", program: program)
            }
            #expect(try store.leases().count == 30 - number * 10)
        }
    }

    @Test("Any mixture of ADDs and DELs by both leaves exactly the leases of those that are attached")
    func mixture() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(version: "1.0.0", ranges: #"[[{"subnet":"10.85.0.0/27"}]]"#)
        var generator = SystemRandomNumberGenerator()
        var attached: [String: String] = [:]
        for _ in 0..<Soak.rounds(300) {
            let container = "c\(Int.random(in: 0..<34, using: &generator))"
            let program = Bool.random(using: &generator) ? store.hostLocal : LeaseNode.upstream
            if attached[container] != nil {
                try await store.demand("DEL", configuration, container: container, program: program)
                attached[container] = nil
            } else {
                let outcome = try await store.call("ADD", configuration, container: container, program: program)
                #expect((outcome.exitCode == 0) == (attached.count < 29), "\(outcome.output)")
                if outcome.exitCode == 0 {
                    let address = try AddOutcome(outcome.output).result.addresses[0].address.address.description
                    #expect(!attached.values.contains(address))
                    attached[container] = address
                }
            }
            #expect(try Set(store.leases().keys) == Set(attached.values))
        }
    }

    @Test("Both at the same time: a hundred ADDs give a hundred addresses")
    func parallel() async throws {
        let store = try LeaseNode()
        let configuration = store.configuration(version: "1.0.0", ranges: ranges)
        let processes = try (0..<100).map { number in
            try store.node.start(
                "ADD", configuration, container: "c\(number)", pod: "/nowhere",
                program: number.isMultiple(of: 2) ? store.hostLocal : LeaseNode.upstream)
        }
        var addresses: [String] = []
        for process in processes {
            let outcome = try await process.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.output)")
            addresses += try AddOutcome(outcome.output).result.addresses.map(\.address.address.description)
        }
        #expect(addresses.count == 200 && Set(addresses).count == 200)
        let leases = try store.leases()
        #expect(Set(leases.keys) == Set(addresses))
        #expect(leases.values.allSatisfy { $0.hasSuffix("\r\neth0") })
    }

    @Test("CHECK as bridge judges a pod that upstream's bridge made by its own pair, whatever its rules lie in")
    func foreignCheck() async throws {
        let node = try PluginNode()
        let configuration = """
            {"cniVersion":"1.0.0","name":"pods","type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,\
            "ipam":{"type":"host-local","dataDir":"\(node.dataDirectory)","ranges":\(ranges)}}
            """
        let pod = try node.makePod()
        let made = try await node.start(
            "ADD", configuration, pod: pod.path,
            variables: ["CNI_PATH": LeaseNode.upstreamPrograms, "PATH": Programs.searchPath],
            program: "\(LeaseNode.upstreamPrograms)/bridge"
        ).outcome()
        #expect(made.exitCode == 0, "\(made)")
        let previous = try AddOutcome(made.output).previous(configuration)
        let good = try await node.run(as: "bridge", "CHECK", previous, pod: pod.path)
        #expect(good.exitCode == 0, "\(good)")
        let link = try #require(node.linkNames().first { $0.hasPrefix("veth") })
        try await node.namespace.demand("ip", "link", "set", link, "nomaster")
        let bad = try ErrorOutcome(try await node.run(as: "bridge", "CHECK", previous, pod: pod.path))
        #expect(bad.code == 103 && bad.details.contains("host link \(link) has another master"), "\(bad)")
    }

    @Test("Pods of bridge and host-local beside Fairway's on one bridge; each plugin deletes the other's leases")
    func pods() async throws {
        let node = try PluginNode()
        func configuration(_ type: String) -> String {
            """
            {"cniVersion":"1.0.0","name":"pods","type":"\(type)","bridge":"cni0","isGateway":true,"isDefaultGateway":true,\
            "hairpinMode":true,"ipam":{"type":"host-local","dataDir":"\(node.dataDirectory)","ranges":\(ranges)}}
            """
        }
        let upstream = "\(LeaseNode.upstreamPrograms)/bridge"
        let variables = ["CNI_PATH": LeaseNode.upstreamPrograms, "PATH": Programs.searchPath]
        var addresses: [String] = []
        var pods: [NetNS] = []
        for number in 0..<6 {
            let pod = try node.makePod()
            let isUpstream = [0, 1, 4].contains(number)
            let outcome = try await node.start(
                "ADD", configuration(isUpstream ? "bridge" : "fairway"), container: "c\(number)", pod: pod.path,
                variables: variables, program: isUpstream ? upstream : nil
            ).outcome()
            #expect(outcome.exitCode == 0, "\(outcome.output) \(outcome.errorOutput)")
            addresses += try AddOutcome(outcome.output).result.addresses.map(\.address.address.description)
            pods.append(pod)
        }
        #expect(Set(addresses).count == 12)
        #expect(node.leases() == addresses.sorted())
        // All of them reach each other, whoever made them.
        for (source, target) in [(0, 2), (2, 0), (3, 4), (4, 5)] {
            // A port that nobody listens on is refused by the pod itself.
            let outcome = try await pods[source].run(
                "timeout", "5", "bash", "-c", "exec 3<>/dev/tcp/\(addresses[target * 2])/9")
            #expect(outcome.errorOutput.contains("Connection refused"), "\(source) to \(target): \(outcome)")
        }
        for number in 0..<6 {
            // Fairway deletes upstream's pods; upstream's DEL frees the leases of Fairway's.
            let isUpstream = [3, 4].contains(number)
            let outcome = try await node.start(
                "DEL", configuration(isUpstream ? "bridge" : "fairway"), container: "c\(number)",
                pod: pods[number].path,
                variables: variables, program: isUpstream ? upstream : nil
            ).outcome()
            #expect(outcome.exitCode == 0, "\(outcome.output) \(outcome.errorOutput)")
            #expect(node.leases().count == 10 - number * 2)
            #expect(try RouteNetlinkReader.links(in: pods[number]).map(\.name) == ["lo"], "c\(number)")
        }
        #expect(try node.linkNames() == ["cni0"])
    }
}
