import FoundationEssentials
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// A node for one daemon: a namespace and a folder of manifests, both gone with the object.
final class ProxyNode: Sendable {
    let namespace: NetNS
    let program: String
    private let folder: String

    init(file: String = #filePath) async throws {
        namespace = try NetNS()
        try await namespace.batch("link set lo up")
        program = try Programs.built("fairway-proxy", root: Programs.root(of: file))
        folder = "/tmp/fairway-test-manifests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        // Others than root read it as well.
        _ = unsafe chmod(folder, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var arguments: [String] { ["--manifests", folder, "--node-name", "here"] }

    func run(_ arguments: [String]) throws -> RunningProcess { try RunningProcess(program, arguments, in: namespace) }

    /// Starts the daemon and waits until it has made its tables.
    func start() async throws -> RunningProcess {
        let daemon = try run(arguments)
        if try await daemon.hasSaid(" watching") { return daemon }
        let outcome = try await daemon.outcome(within: 1)
        throw ProgramFailure(program: program, arguments: arguments, outcome: outcome)
    }

    func stop(_ daemon: RunningProcess) async throws {
        daemon.signal(SIGTERM)
        let outcome = try await daemon.outcome(within: 10)
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
    }

    /// What the endpoints map lists.
    func elements() async throws -> String { try await set("endpoints", kind: "map") }

    func set(_ name: String, kind: String = "set") async throws -> String {
        let outcome = try await namespace.run("nft", "list", kind, "ip", "fairway", name)
        return outcome.output
    }

    static let askScript = "\(Programs.root(of: #filePath))/Tests/ProxyDaemonTests/ask.py"

    /// Takes ports that the daemon wants, until the process is ended.
    func occupy(_ ports: Int..., at address: String) async throws -> RunningProcess {
        let script = """
            import socket, time
            held = [socket.create_server(('\(address)', port)) for port in \(ports)]
            print('held', flush=True)
            time.sleep(60)
            """
        let holder = try RunningProcess("/usr/bin/env", ["python3", "-c", script], in: namespace)
        #expect(try await holder.hasSaid("held"))
        return holder
    }

    /// What one of the daemon's endpoints answers, its head and its body; or why nothing does.
    func ask(
        _ path: String, at address: String = "127.0.0.1", port: Int, _ method: String = "GET"
    ) async throws -> String {
        try await namespace.demand("python3", Self.askScript, method, path, address, "\(port)")
    }

    /// Asks until the answer is so, for ten seconds; what was answered last.
    func ask(
        _ path: String, at address: String = "127.0.0.1", port: Int, until condition: (String) -> Bool
    ) async throws -> String {
        var answer = ""
        for _ in 0..<200 {
            answer = try await ask(path, at: address, port: port)
            if condition(answer) { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        return answer
    }

    func waitForElements(_ condition: (String) -> Bool) async throws {
        for _ in 0..<500 {
            if condition(try await elements()) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the endpoints stayed \(try await elements())")
    }

    func write(_ name: String, _ objects: [TestObject]) throws {
        try write(
            name,
            text: "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[\(objects.map(\.json).joined(separator: ","))]}")
    }

    /// Writes a file as writers of manifests should: beside its place, then renamed.
    func write(_ name: String, text: String) throws {
        let draft = "\(folder)/.\(name)"
        try FileDescriptor.open(draft, O_CREAT | O_WRONLY | O_TRUNC, mode: 0o644).writeAll(text.utf8)
        guard unsafe rename(draft, "\(folder)/\(name)") == 0 else { throw SystemError("rename \(draft)", .current) }
    }
}

/// An object as JSON.
struct TestObject {
    let json: String

    static func service(
        _ name: String, _ clusterIP: String, external: String? = nil, nodePort: Int? = nil,
        isLocal: Bool = false, affinity: Int? = nil
    ) -> TestObject {
        let type = nodePort == nil ? "" : ",\"type\":\"NodePort\""
        let port = nodePort.map { ",\"nodePort\":\($0)" } ?? ""
        let externalIPs = external.map { ",\"externalIPs\":[\"\($0)\"]" } ?? ""
        let policy = isLocal ? ",\"externalTrafficPolicy\":\"Local\"" : ""
        let config = affinity.map {
            ",\"sessionAffinity\":\"ClientIP\",\"sessionAffinityConfig\":{\"clientIP\":{\"timeoutSeconds\":\($0)}}"
        }
        return TestObject(
            json: """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"\(name)"},"spec":{"clusterIP":"\(clusterIP)",\
                "clusterIPs":["\(clusterIP)"],"ports":[{"port":80\(port)}]\(externalIPs)\(type)\(policy)\
                \(config ?? "")}}
                """)
    }

    /// The slice of a Service; its endpoints are on the node `here`.
    static func slice(_ service: String, _ addresses: [String]) -> TestObject {
        let family = addresses.first?.contains(":") == true ? "IPv6" : "IPv4"
        let endpoints = addresses.map { "{\"addresses\":[\"\($0)\"],\"nodeName\":\"here\"}" }
        return TestObject(
            json: """
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"\(service)-1",\
                "labels":{"kubernetes.io/service-name":"\(service)"}},"addressType":"\(family)","ports":[{"port":8080}],\
                "endpoints":[\(endpoints.joined(separator: ","))]}
                """)
    }
}
