import CNIProtocol
import Glibc
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct KillTests {
    @Test("An ADD that is killed at any point leaves nothing after DEL or GC, and its neighbour lives on")
    func killedAtAnyPoint() async throws {
        let node = try PluginNode()
        let neighbour = try node.makePod()
        let configuration = node.configuration()
        let added = try await node.add(configuration, container: "neighbour", pod: neighbour)
        let valid = #","cni.dev/valid-attachments":[{"containerID":"neighbour","ifname":"eth0"}]"#
        var completed = 0
        let rounds = Soak.rounds(60)
        for round in 0..<rounds {
            let pod = try node.makePod()
            let process = try node.start("ADD", configuration, container: "victim", pod: pod.path)
            // Up to 3.6 ms: from before the program starts to after it has ended.
            try await Task.sleep(for: .microseconds(round % 60 * 60))
            process.signal(SIGKILL)
            if try await process.outcome().exitCode == 0 { completed += 1 }
            if round.isMultiple(of: 2) {
                try await node.demand("DEL", configuration, container: "victim", pod: pod.path)
            } else {
                try await node.demand("GC", node.configuration(keys: valid))
            }
            #expect(node.leases().count == 2, "round \(round)")
            #expect(try node.links().count == 2, "round \(round)")
        }
        // Otherwise no kill came late enough, or all did.
        #expect(completed < rounds)
        try await node.demand("CHECK", added.previous(configuration), container: "neighbour", pod: neighbour.path)
    }

    @Test("A lease without a link, a link without a lease, an empty lease file and a draft are all collected")
    func halves() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(node.configuration(), container: "c\(index)", pod: pod)
        }
        let directory = "\(node.dataDirectory)/pods"
        try Directory.remove("\(directory)/10.85.0.2")
        try Directory.remove("\(directory)/fd85::2")
        let second = try #require(try node.links().first { $0.alias.contains("container c1 ") })
        try await node.namespace.demand("ip", "link", "del", second.name)
        _ = try FileDescriptor.open("\(directory)/10.85.0.99", O_WRONLY | O_CREAT)
        try await node.demand("GC", node.configuration())
        #expect(node.leases().isEmpty)
        #expect(try node.linkNames() == ["cni0"])
    }

    @Test("The lease of an ADD that was killed before it wrote its name is given to the next one")
    func emptyLease() async throws {
        let node = try PluginNode()
        _ = try await node.add(node.configuration(), container: "living", pod: try node.makePod())
        let directory = "\(node.dataDirectory)/pods"
        for name in ["10.85.0.3", "fd85::3"] {
            _ = try FileDescriptor.open("\(directory)/\(name)", O_WRONLY | O_CREAT | O_EXCL)
        }
        let next = try await node.add(node.configuration(), container: "next", pod: try node.makePod())
        #expect(next.result.addresses.map(\.address.description) == ["10.85.0.3/24", "fd85::3/64"])
        let lease = try FileDescriptor.open("\(directory)/10.85.0.3", O_RDONLY).readToEnd()
        #expect(String(decoding: lease, as: UTF8.self) == "next\r\neth0")
        try await node.demand("DEL", node.configuration(), container: "next")
        #expect(node.leases() == ["10.85.0.2", "fd85::2"])
    }

    @Test("A pair whose maker was killed before it had an alias is found by DEL, and by GC through its lease")
    func withoutAlias() async throws {
        let node = try PluginNode()
        for verb in ["DEL", "GC"] {
            let pod = try node.makePod()
            _ = try await node.add(node.configuration(), pod: pod)
            let link = try #require(try node.links().first { $0.kind == "veth" })
            try await node.namespace.demand("ip", "link", "set", link.name, "alias", "")
            try await node.demand(verb, node.configuration(), pod: verb == "DEL" ? pod.path : "")
            #expect(try node.linkNames() == ["cni0"])
            #expect(node.leases().isEmpty)
        }
    }
}
