import Attachments
import CNIPlugin
import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct CleanupTests {
    @Test("DEL succeeds twice, with the namespace gone, with CNI_NETNS empty or the node's own, and for what never was")
    func deleteAlways() async throws {
        let node = try PluginNode()
        let configuration = node.configuration()
        for manner in ["path", "empty", "vanished", "own"] {
            var pod: NetNS? = try NetNS()
            var path = try #require(pod).path
            _ = try await node.add(configuration, pod: try #require(pod))
            if manner == "empty" { path = "" }
            // What a runtime's /proc/PID/ns/net names when the number has been given to a program of the node.
            if manner == "own" { path = "/proc/self/ns/net" }
            if manner == "vanished" {
                pod = nil
                path = "/run/netns/fairway-vanished"
            }
            try await node.demand("DEL", configuration, pod: path)
            #expect(node.leases().isEmpty)
            #expect(try node.linkNames() == ["cni0"])
            try await node.demand("DEL", configuration, pod: path)
        }
        try await node.demand("DEL", configuration, container: "never")
        try await node.demand("DEL", node.configuration("other"), container: "never")
    }

    @Test("DEL works with a configuration whose ranges have become invalid")
    func deleteWithBrokenConfiguration() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        _ = try await node.add(node.configuration(), pod: pod)
        try await node.demand("DEL", node.configuration(ranges: #""broken""#, keys: #","ipMasq":true"#), pod: pod.path)
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
    }

    @Test(
        "An ADD whose result nobody can read takes the attachment back",
        arguments: ["exec 3> /dev/full", "exec 3> >(true); wait $!"])
    func undeliverable(output: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let outcome = try await RunningProcess(
            Programs.path(of: "bash"), ["-c", "\(output); exec \(node.plugin) >&3"],
            environment: [
                "PATH": Programs.searchPath, "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": pod.path,
                "CNI_IFNAME": "eth0",
            ], input: node.configuration(), in: node.namespace
        ).outcome()
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorOutput.hasPrefix("fairway: write to descriptor 1"))
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
        #expect(try RouteNetlinkReader.links(in: pod).map(\.name) == ["lo"])
    }

    @Test("A directory that is named like an address stops neither DEL nor GC, and stays")
    func oddEntry() async throws {
        let node = try PluginNode()
        for verb in ["DEL", "GC"] {
            _ = try await node.add(node.configuration(), pod: try node.makePod())
            try Directory.create("\(node.dataDirectory)/pods/10.85.0.77")
            try await node.demand(verb, node.configuration())
            #expect(node.leases() == ["10.85.0.77"])
        }
    }

    @Test("ADD for a living attachment fails and leaves it as it is")
    func addTwice() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration()
        let added = try await node.add(configuration, pod: pod)
        let links = try node.links()
        let error = try await node.failure("ADD", configuration, pod: pod.path)
        #expect(error.code == 101)
        #expect(error.message == "container c1 already has interface eth0 in network pods")
        #expect(try node.links() == links)
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
    }

    @Test("A failed ADD leaves nothing: the pod has an eth0, the pool is empty, the bridge is none, a route is refused")
    func failedAddLeavesNothing() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        func expectNothing(_ links: [String], _ place: Comment) throws {
            #expect(node.leases().isEmpty, place)
            #expect(try node.linkNames() == links, place)
        }
        try await pod.demand("ip", "link", "add", "eth0", "type", "bridge")
        let taken = try await node.failure("ADD", node.configuration(), pod: pod.path)
        #expect(taken.code == 101 && taken.message.contains("interface eth0 already exists"))
        try expectNothing([], "eth0")
        try await pod.demand("ip", "link", "del", "eth0")

        let routes = #","routes":[{"dst":"192.0.2.0/24","gw":"203.0.113.1"}]"#
        let route = try await node.failure("ADD", node.configuration(ipam: routes), pod: pod.path)
        #expect(route.code == 100 && route.message == "cannot add the route to 192.0.2.0/24 via 203.0.113.1")
        #expect(route.details.contains("Nexthop has invalid gateway"))
        try expectNothing([], "route")
        #expect(try RouteNetlinkReader.links(in: pod).map(\.name) == ["lo"])

        try await node.namespace.demand("ip", "link", "add", "cni0", "type", "veth", "peer", "name", "other")
        let bridge = try await node.failure("ADD", node.configuration(), pod: pod.path)
        #expect(bridge.code == 7 && bridge.message.contains("a link of that name exists and is no bridge"))
        try expectNothing(["cni0", "other"], "bridge")
        try await node.namespace.demand("ip", "link", "del", "cni0")

        // The first set has an address, the second none: the first one's lease must go back.
        let ranges = #"[[{"subnet":"10.85.0.0/24"}],[{"subnet":"10.86.0.0/30","exclude":[]}]]"#
        let exclude = #","exclude":["10.86.0.2"]"#
        let full = try await node.failure("ADD", node.configuration(ranges: ranges, ipam: exclude), pod: pod.path)
        #expect(full.code == 102 && full.message == "no IP addresses available in range set: 10.86.0.1-10.86.0.2")
        try expectNothing([], "pool")
        // And after all that an ADD succeeds.
        _ = try await node.add(node.configuration(), pod: pod)
    }

    @Test("A failed ADD spares the bridge that others use")
    func failedAddSparesBridge() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        _ = try await node.add(node.configuration(), pod: pods[0])
        let routes = #","routes":[{"dst":"192.0.2.0/24","gw":"203.0.113.1"}]"#
        _ = try await node.failure("ADD", node.configuration(ipam: routes), container: "c2", pod: pods[1].path)
        #expect(try node.linkNames().count == 2)
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
    }

    @Test("Two hundred ADDs at once give two hundred different IPs, and GC takes them all back at once")
    func twoHundredAtOnce() async throws {
        let node = try PluginNode()
        let configuration = node.configuration()
        let pods = try (0..<200).map { _ in try node.makePod() }
        let processes = try pods.enumerated().map { index, pod in
            try node.start("ADD", configuration, container: "c\(index)", pod: pod.path)
        }
        var addresses: [String] = []
        for process in processes {
            let outcome = try await process.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.output)")
            addresses += try AddOutcome(outcome.output).result.addresses.map(\.address.description)
        }
        #expect(addresses.count == 400)
        #expect(Set(addresses).count == 400)
        #expect(node.leases().count == 400)
        let links = try node.links()
        #expect(links.count { $0.kind == "veth" } == 200)
        #expect(Set(links.compactMap(\.mac)).count == 201)

        let valid = #","cni.dev/valid-attachments":[{"containerID":"c7","ifname":"eth0"}]"#
        let collection = try await RunningProcess(
            Programs.path(of: "strace"),
            ["-qq", "-v", "-e", "trace=sendto", "-o", "\(node.dataDirectory)/trace", node.plugin],
            environment: ["CNI_COMMAND": "GC", "CNI_PATH": "/opt/cni/bin"], input: node.configuration(keys: valid),
            in: node.namespace
        ).outcome()
        #expect(collection.exitCode == 0, "\(collection)")
        #expect(try node.links().count { $0.kind == "veth" } == 1)
        #expect(node.leases().count == 2)
        // Each deletion would cost the kernel a grace period.
        let trace = try FileDescriptor.open("\(node.dataDirectory)/trace", O_RDONLY).readToEnd()
        #expect(String(decoding: trace, as: UTF8.self).split(separator: "RTM_DELLINK").count == 2)
    }

    @Test(
        "GC without, with null and with an empty list of valid attachments removes everything of its network",
        arguments: [
            "", #","cni.dev/valid-attachments":null"#, #","cni.dev/valid-attachments":[]"#,
        ])
    func collectAll(keys: String) async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(node.configuration(), container: "c\(index)", pod: pod)
        }
        try await node.demand("GC", node.configuration(keys: keys))
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
    }

    @Test("Two networks on one bridge do not touch each other's links, leases or GC")
    func twoNetworks() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let red = node.configuration("red")
        let blue = node.configuration("blue", ranges: #"[[{"subnet":"10.86.0.0/24"}]]"#)
        let redAdded = try await node.add(red, pod: pod)
        let blueAdded = try await node.add(blue, pod: pod, interface: "net1", variables: [:])
        #expect(blueAdded.result.addresses.map(\.address.description) == ["10.86.0.2/24"])
        try await node.demand("GC", node.configuration("green"))
        try await node.demand("DEL", red, interface: "net1")
        try await node.demand("CHECK", redAdded.previous(red), pod: pod.path)
        try await node.demand("CHECK", blueAdded.previous(blue), pod: pod.path, interface: "net1")
        try await node.demand("GC", red)
        #expect(node.leases("red").isEmpty)
        #expect(node.leases("blue") == ["10.86.0.2"])
        try await node.demand("CHECK", blueAdded.previous(blue), pod: pod.path, interface: "net1")
        // A stranger's link whose name only looks like ours stays.
        try await node.namespace.demand("ip", "link", "add", "veth0123456789a", "type", "veth", "peer", "name", "other")
        try await node.demand("GC", blue)
        #expect(try node.linkNames() == ["cni0", "other", "veth0123456789a"])
    }

    @Test("DEL and GC spare a link of the right name that says it is another's")
    func strangersLink() async throws {
        let node = try PluginNode()
        let name = Attachment(network: "pods", containerID: "c1", interfaceName: "eth0").hostLinkName
        try await node.namespace.demand("ip", "link", "add", name, "type", "veth", "peer", "name", "other")
        try await node.namespace.demand("ip", "link", "set", name, "alias", "not yours")
        try await node.demand("DEL", node.configuration())
        try await node.demand("GC", node.configuration())
        #expect(try node.linkNames() == ["other", name].sorted())
    }

    @Test("A failing ADD never takes a bridge from under one that succeeds at the same time")
    func failingBesideSucceeding() async throws {
        let routes = #","routes":[{"dst":"192.0.2.0/24","gw":"203.0.113.1"}]"#
        for round in 0..<20 {
            let node = try PluginNode()
            let processes = try (0..<6).map { index in
                try node.start(
                    "ADD", node.configuration(ipam: index.isMultiple(of: 2) ? routes : ""), container: "c\(index)",
                    pod: try node.makePod().path)
            }
            var codes: [Int32] = []
            for process in processes { codes.append(try await process.outcome().exitCode) }
            #expect(codes == [1, 0, 1, 0, 1, 0], "round \(round)")
            let links = try node.links()
            let bridge = try #require(links.first { $0.kind == "bridge" })
            #expect(links.filter { $0.kind == "veth" }.map(\.master) == [bridge.index, bridge.index, bridge.index])
            #expect(node.leases().count == 6)
        }
    }
}
