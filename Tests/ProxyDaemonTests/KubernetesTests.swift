import Glibc
import LinuxSystem
import Synchronization
import TestAPIServer
import TestSupport
import Testing

/// The real daemon beside an API server, over TLS on the loopback of its own namespace.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct KubernetesTests {
    private let node: ProxyNode
    private let certificates: TestCertificates
    private let store = ClusterStore()
    private let posted = Posted()
    private static let token = "a-token-that-no-log-may-show"

    init() async throws {
        node = try await ProxyNode()
        certificates = try await TestCertificates()
        await store.set(
            "nodes", "node-1", "\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.0.2.1\"}]}")
        await set("a", "10.96.0.1", ["10.244.0.1", "10.244.0.2"])
    }

    private func set(_ name: String, _ address: String, _ endpoints: [String]) async {
        await store.set("services", name, "\"spec\":{\"clusterIP\":\"\(address)\",\"ports\":[{\"port\":80}]}")
        await slice(name, endpoints)
    }

    private func slice(_ name: String, _ endpoints: [String]) async {
        let list = endpoints.map { "{\"addresses\":[\"\($0)\"]}" }.joined(separator: ",")
        await store.set(
            "endpointslices", "\(name).1",
            "\"addressType\":\"IPv4\",\"ports\":[{\"port\":8080}],\"endpoints\":[\(list)]")
    }

    private func server(port: Int = 0) async throws -> TestAPIServer {
        try await TestAPIServer(port: port, certificates.identity, in: node.namespace) {
            [store, posted] request, response in
            guard request.headers["authorization"] == "Bearer \(Self.token)" else {
                return try await response.answer(401, "{\"kind\":\"Status\",\"code\":401,\"reason\":\"Unauthorized\"}")
            }
            if request.method == "POST" {
                posted.withLock { $0.append(request) }
                // The first one is to be sent again.
                return try await response.answer(posted.withLock(\.count) == 1 ? 503 : 201, "{}")
            }
            try await store.answer(request, response)
        }
    }

    /// Writes a kubeconfig.
    ///
    /// - Returns: what the daemon is started with.
    private func arguments(_ port: Int, user: String? = nil) throws -> [String] {
        let path = "\(certificates.identity.folder)/kubeconfig"
        let text = """
            {apiVersion: v1, kind: Config, current-context: c,
             clusters: [{name: c, cluster: {server: "https://127.0.0.1:\(port)", certificate-authority: ca.crt}}],
             users: [{name: u, user: \(user ?? "{token: \(Self.token)}")}],
             contexts: [{name: c, context: {cluster: c, user: u}}]}
            """
        try FileDescriptor.open(path, O_CREAT | O_WRONLY | O_TRUNC, mode: 0o600).writeAll(text.utf8)
        return ["--kubeconfig", path, "--node-name", "node-1", "--log-level", "trace"]
    }

    private func start(_ arguments: [String], until word: String = " watching") async throws -> RunningProcess {
        let daemon = try node.run(arguments)
        if try await daemon.hasSaid(word) { return daemon }
        let outcome = try await daemon.outcome(within: 1)
        throw ProgramFailure(program: node.program, arguments: arguments, outcome: outcome)
    }

    @Test("What an API server has is in the kernel, and so is each change; no log shows the token")
    func follows() async throws {
        let server = try await server()
        let daemon = try await start(try arguments(server.port))
        try await node.waitForElements { $0.contains("10.244.0.1 . 8080") && $0.contains("10.244.0.2 . 8080") }
        await set("b", "10.96.0.2", ["10.244.0.9"])
        await slice("a", ["10.244.0.2"])
        try await node.waitForElements { $0.contains("10.244.0.9 . 8080") && !$0.contains("10.244.0.1 . 8080") }
        await store.remove("services", "a")
        await store.remove("endpointslices", "a.1")
        try await node.waitForElements { !$0.contains("10.244.0.2 . 8080") }
        // The own Node's address is where node ports are served.
        #expect(try await node.set("node-addresses").contains("192.0.2.1"))
        #expect(try !daemon.errorSoFar().contains(Self.token))
        try await node.stop(daemon)
        await server.stop()
    }

    @Test(
        "While the server is away rules stay, over a restart too; when it is back they are as it has them, without a flush"
    )
    func away() async throws {
        let first = try await server()
        let arguments = try arguments(first.port)
        var daemon = try await start(arguments)
        try await node.waitForElements { $0.contains("10.244.0.1 . 8080") }
        await first.stop()
        let before = try await node.elements()
        try await node.stop(daemon)
        daemon = try await start(arguments, until: "no answer from the API server")
        #expect(try await node.elements() == before)
        await slice("a", ["10.244.0.2", "10.244.0.3"])
        let second = try await server(port: first.port)
        try await node.waitForElements { $0.contains("10.244.0.3 . 8080") && !$0.contains("10.244.0.1 . 8080") }
        #expect(try await node.elements().contains("10.244.0.2 . 8080"))
        try await node.stop(daemon)
        await second.stop()
    }

    @Test("Events are sent as kube-proxy sends them, again where the server could not; requests are counted")
    func events() async throws {
        let server = try await server()
        let squatter = try await node.occupy(10249, 10256, 31000, at: "0.0.0.0")
        await store.set(
            "services", "h",
            """
            "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.8","externalTrafficPolicy":"Local",\
            "healthCheckNodePort":31000,"ports":[{"port":80,"nodePort":30080}]}
            """)
        try await node.namespace.batch("address add 192.0.2.1/32 dev lo")
        let daemon = try await start(try arguments(server.port) + ["--metrics-bind-address=192.0.2.1:10250"])
        for _ in 0..<500 where posted.withLock(\.count) < 4 { try await Task.sleep(for: .milliseconds(10)) }
        let requests = posted.withLock(\.self)
        func sent(_ reason: String) -> TestAPIServer.Request? {
            requests.last { $0.body.contains("\"reason\":\"\(reason)\"") }
        }
        let starting = try #require(sent("Starting"))
        #expect(starting.path == "/apis/events.k8s.io/v1/namespaces/default/events")
        #expect(starting.headers["content-type"] == "application/json")
        let body =
            #/\{"kind":"Event","apiVersion":"events.k8s.io\/v1","metadata":\{"name":"node-1\.[0-9a-f]{16}","namespace":"default"\},"eventTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","type":"Normal","reason":"Starting","action":"StartKubeProxy","regarding":\{"kind":"Node","apiVersion":"v1","name":"node-1"\},"reportingController":"fairway-proxy","reportingInstance":"fairway-proxy-node-1"\}/#
        #expect(starting.body.wholeMatch(of: body) != nil, "\(starting.body)")
        let health = try #require(sent("FailedToStartProxierHealthcheck"))
        #expect(
            health.body.contains("\"type\":\"Warning\"")
                && health.body.contains("cannot listen at 0.0.0.0:10256: Address"))
        let service = try #require(sent("FailedToStartServiceHealthcheck"))
        #expect(
            service.body.contains(#""regarding":{"kind":"Service","apiVersion":"v1","name":"h","namespace":"shop"}"#))
        #expect(service.body.contains("192.0.2.1:31000"))
        // The one that was refused for the moment came again, to the letter.
        #expect(requests.filter { $0.body == requests[0].body }.count == 2)
        let metrics = try await node.ask("/metrics", at: "192.0.2.1", port: 10250)
        for line in [
            "rest_client_requests_total{code=\"201\",host=\"127.0.0.1:\(server.port)\",method=\"POST\"} 3",
            "rest_client_requests_total{code=\"503\",host=\"127.0.0.1:\(server.port)\",method=\"POST\"} 1",
            "rest_client_requests_total{code=\"200\",host=\"127.0.0.1:\(server.port)\",method=\"GET\"} ",
        ] { #expect(metrics.contains(line), "\(line) in \(metrics)") }
        squatter.signal(SIGTERM)
        _ = try await squatter.outcome(within: 10)
        try await node.stop(daemon)
        await server.stop()
    }

    @Test("A plugin is asked for the token, and again when the server refuses it")
    func plugin() async throws {
        let server = try await server()
        let script = "\(certificates.identity.folder)/login"
        // The first answer is refused.
        let text = """
            #!/bin/sh
            token=\(Self.token); [ -e \(script).used ] || token=stale; : >\(script).used
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' $token
            """
        try FileDescriptor.open(script, O_CREAT | O_WRONLY | O_TRUNC, mode: 0o755).writeAll(text.utf8)
        let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, interactiveMode: Never}}"
        let daemon = try await start(try arguments(server.port, user: user))
        try await node.waitForElements { $0.contains("10.244.0.1 . 8080") }
        #expect(try !daemon.errorSoFar().contains(Self.token))
        try await node.stop(daemon)
        await server.stop()
    }

    @Test("Several sources, none, and what goes with manifests only are errors that name the options")
    func sources() async throws {
        let server = ["--kubeconfig", "/nonexistent/kubeconfig"]
        for (arguments, words) in [
            (["--manifests", "/tmp"] + server, "--manifests and --kubeconfig"), ([], "--manifests DIR"),
            (server, "/nonexistent/kubeconfig: there is no such file"),
            (
                ["--master", "https://192.0.2.1", "--allocate", "--service-cidr", "10.96.0.0/16"],
                "--allocate goes with --manifests"
            ),
            (
                ["--master", "http://192.0.2.1"] + (try self.arguments(1)),
                "--master: its scheme is not that of the server"
            ),
            (["--master", "ftp://192.0.2.1"], "its scheme is neither https nor http"),
        ] {
            let outcome = try await node.run(arguments).outcome(within: 10)
            #expect(
                outcome.exitCode != 0 && outcome.errorOutput.contains(words), "\(arguments): \(outcome.errorOutput)")
        }
    }
}

/// What was sent to be made.
private final class Posted: Sendable {
    private let requests = Mutex<[TestAPIServer.Request]>([])

    func withLock<Result>(_ body: (inout [TestAPIServer.Request]) -> Result) -> Result {
        requests.withLock { requests in body(&requests) }
    }
}
