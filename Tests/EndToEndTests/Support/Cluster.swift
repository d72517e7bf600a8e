import Lab
import NFTables
import NetworkTypes
import TestSupport
import Testing

/// A lab with servers in its backends.
struct Cluster: Sendable {
    let lab: Lab
    /// A pod on the first node.
    let client: Pod
    /// Named `b1`, `b2` and so on, dealt to the nodes in turn, the first to the first node.
    let backends: [Pod]

    /// The cluster of the suite that the current test belongs to; see `ClusterTrait`.
    @TaskLocal static var shared: Cluster?

    static let ports: [UInt16] = [8080, 9090]

    static func make(nodes: Int, backends count: Int) throws -> Cluster {
        let lab = try Lab.make(nodes: nodes)
        do {
            let client = try lab.addPod("client", on: lab.nodes[0])
            let backends = try (0..<count).map { try lab.addPod("b\($0 + 1)", on: lab.nodes[$0 % nodes]) }
            let servers = try backends.map { try $0.startServer(tcp: ports, udp: ports) }
            for server in servers { try server.waitForLog("listening") }
            return Cluster(lab: lab, client: client, backends: backends)
        } catch {
            try lab.remove()
            throw error
        }
    }

    /// Makes a cluster for one test and removes it whatever the test does.
    static func with<Result: Sendable>(
        nodes: Int = 1, backends: Int = 3, _ body: @escaping @Sendable (Cluster) throws -> Result
    ) async throws -> Result {
        try await onThread {
            let cluster = try make(nodes: nodes, backends: backends)
            do {
                let result = try body(cluster)
                try cluster.lab.remove()
                return result
            } catch {
                try cluster.lab.remove()
                throw error
            }
        }
    }

    func backend(_ number: Int) -> Pod { backends[number - 1] }
}

/// Gives a suite one cluster with a daemon on each node, in `Cluster.shared`.
struct ClusterTrait: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let cluster = try await onThread {
            let cluster = try Cluster.make(nodes: 2, backends: 6)
            do {
                try ServiceFixtures.write(to: cluster)
                for node in cluster.lab.nodes { _ = try node.startProxy(manifests: cluster.lab.manifests) }
            } catch {
                try cluster.lab.remove()
                throw error
            }
            return cluster
        }
        do {
            try await Cluster.$shared.withValue(cluster) { try await function() }
        } catch {
            try await onThread { try cluster.lab.remove() }
            throw error
        }
        try await onThread { try cluster.lab.remove() }
    }
}

extension Node {
    /// The generation that the kernel counts up with every nftables transaction in this node.
    func generation() throws -> UInt32 {
        try namespace.inside {
            var connection = try NFTConnection()
            return try connection.generation()
        }
    }
}
