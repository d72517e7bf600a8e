import KubeClient
import KubeModel
import LinuxSystem
import Logging
import Synchronization
import TestAPIServer
import TestSupport
import Testing

/// A source beside a real server on loopback, over real TLS, that does what API servers do when things go wrong; numbers in
/// brackets are those of the measured facts.
@Suite struct SourceTests {
    private let certificates: TestCertificates
    private let store = ClusterStore()

    init() async throws { certificates = try await TestCertificates() }

    /// What a source has delivered.
    private final class Received: Sendable {
        private struct State {
            var objects: Set<ObjectID> = []
            var isComplete = false
        }

        private let state = Mutex(State())

        func take(_ update: SourceUpdate) {
            state.withLock { state in
                for change in update.changes {
                    if case .set = change { state.objects.insert(change.id) } else { state.objects.remove(change.id) }
                }
                state.isComplete = update.complete
            }
        }

        var isComplete: Bool { state.withLock { $0.isComplete } }

        func names(_ kind: ObjectID.Kind) -> Set<String> {
            state.withLock { state in Set(state.objects.filter { $0.kind == kind }.map(\.name.name)) }
        }
    }

    /// Runs a test with a server and a source that knows it, until the test ends.
    private func run(
        _ answering: @escaping TestAPIServer.Answering,
        access: (TestAPIServer) throws -> ClusterAccess, _ body: (Received, TestAPIServer) async throws -> Void
    ) async throws {
        let server = try await TestAPIServer(certificates.identity, answering: answering)
        let outcome: Result<Void, any Error>
        do {
            let source = try KubernetesSource(
                try access(server), Resource.forServices(onNode: "node-1"),
                Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let received = Received()
            try source.start { received.take($0) }
            defer { source.stop() }
            try await body(received, server)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await server.stop()
        try outcome.get()
    }

    private func run(
        _ answering: @escaping TestAPIServer.Answering, _ body: (Received, TestAPIServer) async throws -> Void
    ) async throws {
        try await run(answering, access: { try access($0) }, body)
    }

    private func access(_ server: TestAPIServer, _ changes: String = "") throws -> ClusterAccess {
        try Kubeconfig.testAccess(port: server.port, authority: certificates.identity.authority, changes)
    }

    /// Waits until the source has what the store has.
    private func equal(_ received: Received, within seconds: Int = 20, _ place: SourceLocation = #_sourceLocation)
        async throws
    {
        for _ in 0..<seconds * 100 {
            if received.isComplete, received.names(.service) == (await store.names("services")),
                received.names(.endpointSlice) == (await store.names("endpointslices"))
            {
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record(
            "complete: \(received.isComplete), \(received.names(.service)) where \(await store.names("services")) is",
            sourceLocation: place)
    }

    private static let service = "\"spec\":{\"clusterIP\":\"10.96.0.1\",\"ports\":[{\"port\":80}]}"
    private static let slice =
        "\"addressType\":\"IPv4\",\"ports\":[{\"port\":80}],\"endpoints\":[{\"addresses\":[\"10.1.0.1\"]}]"

    private func fill() async {
        for name in ["a", "b", "c"] {
            await store.set("services", name, Self.service)
            await store.set("endpointslices", "\(name).1", Self.slice)
        }
    }

    /// Changes that a source must have noticed when it is equal again.
    private func change(_ round: Int) async {
        await store.remove("services", "a")
        await store.set("services", "new-\(round)", Self.service)
        await store.remove("endpointslices", "b.1")
    }

    @Test("Objects come with a watch list, and each change soon after it was made")
    func follows() async throws {
        await fill()
        try await run(store.answer) { received, _ in
            try await equal(received)
            await change(1)
            try await equal(received)
        }
    }

    /// What goes wrong with the first answers to watches, each in its own way.
    enum Fault: String, CaseIterable, Sendable {
        case expiredEvent, expiredAnswer, truncatedWatchList, resetInEvent, resetBeforeHead, closedEarly, garbage,
            text429
        case forbidden, internalError, badGateway, timeoutEvent, html
    }

    @Test(
        "Whatever goes wrong with some answers, the source has what the server has afterwards",
        arguments: Fault.allCases)
    func recovers(_ fault: Fault) async throws {
        await fill()
        // Of services, the first two answers and the first two after the changes.
        let faults = Mutex(2)
        try await run { [store] request, response in
            let isFaulty =
                request.path.hasSuffix("/services") && request.parameter("watch") != nil
                && faults.withLock { left in
                    defer { if left > 0 { left -= 1 } }
                    return left > 0
                }
            guard isFaulty else { return try await store.answer(request, response) }
            try await Self.answer(fault, response)
        } _: { received, running in
            try await equal(received)
            // Now watches that go on behind a version meet it.
            faults.withLock { $0 = 2 }
            await running.cutAll()
            await change(1)
            try await equal(received)
            #expect(faults.withLock { $0 } == 0)
        }
    }

    private static func answer(_ fault: Fault, _ response: TestAPIServer.Response) async throws {
        let added =
            "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"ghost\","
            + "\"namespace\":\"shop\",\"resourceVersion\":\"1\"},\(service)}}\n"
        switch fault {
        case .expiredEvent:
            try await response.begin()
            try await response.chunk(ClusterStore.expired)
            try await response.end()
        case .expiredAnswer: try await response.answer(410, "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}")
        case .truncatedWatchList:
            try await response.begin()
            try await response.chunk(added)
            try await response.end()
        case .resetInEvent:
            try await response.begin()
            try await response.chunk(added)
            try await response.chunk("{\"type\":\"ADD")
            try await response.reset()
        case .resetBeforeHead: try await response.reset()
        case .closedEarly:
            try await response.begin()
            try await response.chunk(added)
            response.close()
        case .garbage:
            try await response.begin()
            try await response.chunk("\u{0}\u{1}garbage")
            try await response.end()
        case .text429:
            try await response.answer(
                429, type: "text/plain; charset=utf-8", headers: "Retry-After: 1\r\n",
                "Too many requests, please try again later.\n".utf8)
        case .forbidden: try await response.answer(403, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\"}")
        case .internalError: try await response.answer(500, "{\"kind\":\"Status\",\"code\":500}")
        case .badGateway: try await response.answer(502, type: "text/html", "<html>".utf8)
        case .timeoutEvent:
            try await response.begin()
            try await response.chunk(
                "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":504,\"reason\":\"Timeout\"}}\n")
            try await response.end()
        case .html: try await response.answer(200, type: "text/html", "<html>log in</html>".utf8)
        }
    }

    @Test("What a watch told before something that cannot be read counts, because nobody tells it again")
    func beforeGarbage() async throws {
        await fill()
        let isArmed = Mutex(false)
        try await run { [store] request, response in
            let isFaulty =
                request.path.hasSuffix("/services") && request.parameter("watch") != nil
                && isArmed.withLock { armed in
                    defer { armed = false }
                    return armed
                }
            guard isFaulty else { return try await store.answer(request, response) }
            let version = request.parameter("resourceVersion").flatMap { Int($0) } ?? 0
            try await response.begin()
            try await response.chunk(await store.past("services", after: version) + "garbage")
            try await response.end()
        } _: { received, running in
            try await equal(received)
            await store.set("services", "late", Self.service)
            try await equal(received)
            isArmed.withLock { $0 = true }
            await running.cutAll()
            await store.set("services", "later", Self.service)
            try await equal(received)
        }
    }

    @Test("A server without watch lists is listed in pages, also when a page's token expires (10, 30)")
    func pages() async throws {
        for number in 0..<1200 { await store.set("services", "s-\(number)", Self.service) }
        let expired = Mutex(false)
        try await run { [store] request, response in
            if request.parameter("sendInitialEvents") != nil {
                return try await response.answer(422, "{\"kind\":\"Status\",\"code\":422,\"reason\":\"Invalid\"}")
            }
            let isFirst =
                request.parameter("continue") != nil
                && expired.withLock { expired in
                    defer { expired = true }
                    return !expired
                }
            if isFirst {
                return try await response.answer(
                    410, "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"metadata\":{\"continue\":\"s-1\"}}"
                )
            }
            try await store.answer(request, response)
        } _: { received, _ in
            try await equal(received)
            #expect(received.names(.service).count == 1200)
            await change(1)
            try await equal(received)
        }
    }

    @Test("A server that comes back with an older store is believed, and what it has lost goes (12)")
    func restored() async throws {
        await fill()
        try await run(store.answer) { received, running in
            try await equal(received)
            await store.restore("services", ["b": Self.service, "old": Self.service], version: 50)
            await store.restore("endpointslices", ["b.1": Self.slice], version: 50)
            // Nothing tells the open watches; the server's end does.
            await running.cutAll()
            try await equal(received)
            #expect(received.names(.service) == ["b", "old"])
        }
    }

    @Test("A store that was put back and has come past a kind's own last version is known by the other kinds' versions")
    func restoredAndPassed() async throws {
        await fill()
        try await run(store.answer) { received, running in
            try await equal(received)
            let version = await store.version
            // Of Services nothing is heard any more, while slices change.
            for _ in 0..<10 { await store.set("endpointslices", "a.1", Self.slice) }
            await store.set("endpointslices", "last.1", Self.slice)
            try await equal(received)
            await running.cutAll()
            // What the server remembers reaches back beyond the Services' last version, so that nothing expires.
            await store.restore("services", ["b": Self.service, "old": Self.service], version: version - 20)
            await store.restore("endpointslices", ["b.1": Self.slice], version: version - 20)
            for _ in 0..<24 { await store.set("nodes", "another", "\"spec\":{}") }
            try await equal(received)
            #expect(received.names(.service) == ["b", "old"])
        }
    }

    @Test(
        "A store that was put back and has come past all that was heard of is known by the object that was told of last"
    )
    func restoredAndOvertaken() async throws {
        await fill()
        try await run(store.answer) { received, running in
            try await equal(received)
            let version = await store.version
            for _ in 0..<10 { await store.set("services", "a", Self.service) }
            await store.set("endpointslices", "last.1", Self.slice)
            try await equal(received)
            await running.cutAll()
            await store.restore("services", ["b": Self.service, "old": Self.service], version: version - 20)
            await store.restore("endpointslices", ["b.1": Self.slice], version: version - 20)
            // Before anybody asks again, and what the server remembers reaches back far enough.
            for _ in 0..<40 {
                await store.set("services", "b", Self.service)
                await store.set("endpointslices", "b.1", Self.slice)
            }
            try await equal(received)
            #expect(received.names(.service) == ["b", "old"] && received.names(.endpointSlice) == ["b.1"])
        }
    }

    @Test("A certificate for another name or of another authority is refused, and the log would say why")
    func names() async throws {
        await fill()
        for changes in [
            "tls-server-name: other.example", "certificate-authority: \(certificates.identity.folder)/client.crt",
        ] {
            let asked = Mutex(0)
            try await run { _, response in
                asked.withLock { $0 += 1 }
                try await response.answer(404, "")
            } access: {
                try access($0, changes)
            } _: { received, server in
                // Each kind has tried, and tried again.
                for _ in 0..<2000 where server.connectionCount < 8 { try await Task.sleep(for: .milliseconds(10)) }
                #expect(server.connectionCount >= 8)
                #expect(!received.isComplete && asked.withLock { $0 } == 0, "\(changes)")
            }
        }
        // A name of the certificate's that is not the URL's.
        try await run(store.answer) {
            try access($0, "tls-server-name: kubernetes.default.svc")
        } _: { received, _ in
            try await equal(received)
        }
    }
}
