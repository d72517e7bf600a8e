import Glibc
import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// Host ports and masquerade on a node where `fairway-proxy` keeps its own tables.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct BesideProxyTests {
    private static let manifests = """
        {"kind":"List","apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},\
        "spec":{"type":"NodePort","clusterIP":"10.96.0.10","clusterIPs":["10.96.0.10"],\
        "ports":[{"port":80,"nodePort":30080}]}},{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",\
        "metadata":{"name":"web-1","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",\
        "ports":[{"port":8080}],"endpoints":[{"addresses":["10.85.0.3"],"nodeName":"here"}]}]}
        """

    private static func keys(_ port: Int) -> String {
        #","ipMasq":true,"runtimeConfig":{"portMappings":[{"hostPort":\#(port),"containerPort":8080,"protocol":"tcp"}]}"#
    }

    private func startProxy(on node: PluginNode) async throws -> RunningProcess {
        let folder = "\(node.dataDirectory)/manifests"
        try Directory.create(folder)
        try FileDescriptor.open("\(folder)/web.json", O_WRONLY | O_CREAT, mode: 0o644).writeAll(Self.manifests.utf8)
        let proxy = try RunningProcess(
            try Programs.built("fairway-proxy", root: Programs.root(of: #filePath)),
            ["--manifests", folder, "--node-name", "here"], in: node.namespace)
        try #require(try await proxy.hasSaid(" watching"))
        return proxy
    }

    @Test("Services, host ports and masquerade hold side by side, whoever was first", arguments: [true, false])
    func sideBySide(proxyFirst: Bool) async throws {
        let stage = try await WorldNode()
        let node = stage.node
        try await node.namespace.demand("ip", "route", "add", "default", "via", "192.0.2.2")
        var proxy: RunningProcess?
        if proxyFirst { proxy = try await startProxy(on: node) }
        defer { proxy?.signal(SIGKILL) }
        let pods = [try node.makePod(), try node.makePod()]
        var servers = [try await stage.serve("world", in: stage.world)]
        for (index, pod) in pods.enumerated() {
            _ = try await node.add(
                node.configuration(keys: Self.keys(9000 + index)), container: "c\(index)", pod: pod)
            servers.append(try await stage.serve("c\(index)", in: pod))
        }
        let running = if let proxy { proxy } else { try await startProxy(on: node) }
        proxy = running
        // Who asks whom, and whom the server sees: pods see each other's own addresses, the world sees the node's.
        let services: [(NetNS, String, UInt16, String)] = [
            (pods[0], "10.96.0.10", 80, "c1 10.85.0.2"), (pods[1], "10.96.0.10", 80, "c1 10.85.0.1"),
            (node.namespace, "10.96.0.10", 80, "c1 192.0.2.1"), (stage.world, "192.0.2.1", 30080, "c1 10.85.0.1"),
        ]
        let own: [(NetNS, String, UInt16, String)] = [
            (stage.world, "192.0.2.1", 9000, "c0 192.0.2.2"), (stage.world, "192.0.2.1", 9001, "c1 192.0.2.2"),
            (pods[0], "192.0.2.1", 9001, "c1 10.85.0.2"), (pods[0], "192.0.2.1", 9000, "c0 10.85.0.1"),
            (pods[0], "192.0.2.2", 8080, "world 192.0.2.1"), (pods[0], "10.85.0.3", 8080, "c1 10.85.0.2"),
        ]
        for (client, address, port, answer) in services + own {
            #expect(try await stage.ask(from: client, address, port) == answer, "\(address):\(port)")
        }

        running.signal(SIGTERM)
        #expect(try await running.outcome(within: 10).exitCode == 0)
        for (client, address, port, answer) in own {
            #expect(try await stage.ask(from: client, address, port) == answer, "without the proxy, \(address):\(port)")
        }
        for index in pods.indices { try await node.demand("DEL", node.configuration(), container: "c\(index)") }
        let tables = try await node.namespace.demand("nft", "list", "tables")
        #expect(tables.contains("table ip fairway\n") && !tables.contains("fairway-cni"), "\(tables)")
        withExtendedLifetime(servers) {}
    }

    @Test("An ADD beside a proxy that has committed since finds its tables intact, and adds its elements only")
    func foreignCommits() async throws {
        let node = try PluginNode()
        _ = try await node.add(node.configuration(keys: Self.keys(9000)), container: "c0", pod: try node.makePod())
        let proxy = try await startProxy(on: node)
        defer { proxy.signal(SIGKILL) }
        func rules() async throws -> [Substring] {
            try await node.namespace.demand("nft", "-a", "list", "table", "ip", "fairway-cni").split(separator: "\n")
                .filter { $0.contains("# handle") && !$0.contains("elements") }
        }
        let before = try await rules()
        #expect(before.count > 5)
        _ = try await node.add(node.configuration(keys: Self.keys(9001)), container: "c1", pod: try node.makePod())
        // Rules and sets that somebody made anew would have other handles.
        #expect(try await rules() == before)
        proxy.signal(SIGTERM)
        #expect(try await proxy.outcome(within: 10).exitCode == 0)
    }
}
