import Lab
import LinuxSystem
import Synchronization
import TestAPIServer

/// Where the daemons of a cluster have their objects from.
protocol ObjectFeed: Sendable {
    /// Makes or replaces objects.
    func write(_ objects: [JSONTree]) throws

    func startProxy(on node: Node) throws -> BackgroundProcess

    /// Takes it away and brings it back.
    ///
    /// - Returns: how often that happened.
    func restart() throws -> Int
}

/// The lab's folder of manifests.
struct ManifestFeed: ObjectFeed {
    let lab: Lab

    func write(_ objects: [JSONTree]) throws { try lab.writeManifest("feed.json", objects) }

    func startProxy(on node: Node) throws -> BackgroundProcess { try node.startProxy(manifests: lab.manifests) }

    func restart() -> Int { 0 }
}

/// An API server for each node, on its loopback, all with one store.
final class ClusterFeed: ObjectFeed {
    private let store: ClusterStore
    private let nodes: [Node]
    private let servers: Mutex<[String: TestAPIServer]>

    /// Call it on a thread of the test's own, as all of this.
    init(_ store: ClusterStore, for nodes: [Node]) throws {
        self.store = store
        self.nodes = nodes
        servers = Mutex([:])
        for node in nodes { try start(on: node, port: 0) }
    }

    private func start(on node: Node, port: Int) throws {
        let (store, namespace) = (store, node.namespace)
        let server = try waiting {
            try await TestAPIServer(port: port, nil, entering: { bind in try namespace.inside(bind) }) {
                try await store.answer($0, $1)
            }
        }
        servers.withLock { $0[node.name] = server }
    }

    func write(_ objects: [JSONTree]) throws {
        let texts = try objects.map { try $0.serialized() }
        try waiting { [store] in for text in texts { try await store.set(whole: text) } }
    }

    func startProxy(on node: Node) throws -> BackgroundProcess {
        let port = servers.withLock { $0[node.name]?.port } ?? 0
        return try node.startProxy(["--master", "http://127.0.0.1:\(port)"])
    }

    func restart() throws -> Int {
        for node in nodes {
            guard let server = servers.withLock({ $0[node.name] }) else { continue }
            try waiting { await server.stop() }
            Pause.milliseconds(300)
            try start(on: node, port: server.port)
        }
        return 1
    }

    func stop() {
        for server in servers.withLock(\.values) { try? waiting { await server.stop() } }
    }
}

/// Waits for what the concurrency pool does, on a thread that is none of its own.
private func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let waited = Waited<Value>(try EventFlag())
    Task { waited.end(await Result { () async throws in try await body() }) }
    return try waited.value()
}

private final class Waited<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let flag: EventFlag

    init(_ flag: consuming EventFlag) { self.flag = flag }

    func end(_ value: Result<Value, any Error>) {
        result.withLock { $0 = value }
        flag.raise()
    }

    func value() throws -> Value {
        while true {
            if let result = result.withLock(\.self) { return try result.get() }
            _ = flag.wait(timeout: nil)
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
