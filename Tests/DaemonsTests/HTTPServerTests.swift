import Daemons
import NetworkTypes
import TestSupport
import Testing

/// The server for probes, over real connections on loopback addresses that nobody else uses.
@Suite struct HTTPServerTests {
    private let log = NotedLog()
    private let endpoint = HTTPEndpoint(
        .v4(IPv4Address(value: 0x7f00_0000 | UInt32.random(in: 0x1_0000...0xff_fffe))), 8080)

    /// Runs a server that says what it was asked.
    private func serving<Result>(
        _ limits: HTTPLimits = HTTPLimits(), _ body: (HTTPServer, RawClient) async throws -> Result
    ) async throws -> Result {
        let server = HTTPServer(limits: limits, log.logger)
        server.serve(endpoint, "tests") { .now(.json(status: 203, "\($0.method) \($0.path)", [.init("X-More", "1")])) }
        do {
            try await waitUntilServing()
            let result = try await body(server, RawClient(endpoint))
            await server.shutDown()
            return result
        } catch {
            await server.shutDown()
            throw error
        }
    }

    private func waitUntilServing(_ urge: () -> Void = {}) async throws {
        for _ in 0..<100 {
            urge()
            if try await isAnswered() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("it never listened")
    }

    private func isAnswered() async throws -> Bool {
        (try? await RawClient(endpoint).exchange("GET / HTTP/1.0\r\n\r\n")).map { !$0.isEmpty } ?? false
    }

    @Test("A request is answered with its head, its length and its date, in the client's own version")
    func answer() async throws {
        let (get, old) = try await serving { _, client in
            (
                try await client.exchange("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                try await client.exchange("GET /old HTTP/1.0\r\n\r\n")
            )
        }
        #expect(get.hasPrefix("HTTP/1.1 203 Non-Authoritative Information\r\nContent-Type: application/json\r\n"))
        #expect(get.contains("\r\nX-Content-Type-Options: nosniff\r\nX-More: 1\r\nDate: "))
        let date = #/\r\nDate: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT\r\n/#
        #expect(get.contains(date), "\(get)")
        #expect(get.hasSuffix("\r\nContent-Length: 8\r\nConnection: close\r\n\r\nGET /a/b"))
        #expect(old.hasPrefix("HTTP/1.0 203 ") && old.hasSuffix("\r\n\r\nGET /old"))
    }

    @Test("HEAD gets the head of GET's answer, and any other method is the responder's")
    func methods() async throws {
        let (head, post, own) = try await serving { _, client in
            (
                try await client.exchange("HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n"),
                try await client.exchange(
                    "POST /x HTTP/1.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\n", "body",
                    pause: .milliseconds(50)),
                try await client.exchange("PURGE /x HTTP/1.1\r\nConnection: close\r\n\r\n")
            )
        }
        #expect(head.contains("\r\nContent-Length: 7\r\n") && head.hasSuffix("\r\n\r\n"))
        #expect(post.hasSuffix("\r\n\r\nPOST /x"))
        #expect(own.hasSuffix("\r\n\r\nPURGE /x"))
    }

    @Test("A connection goes on to the next request, also one that was sent along, until nothing comes for a while")
    func keepAlive() async throws {
        var limits = HTTPLimits()
        limits.idle = 300
        let text = try await serving(limits) { _, client in
            try await client.exchange(
                "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", "GET /3 HTTP/1.1\r\n\r\n", pause: .milliseconds(100))
        }
        #expect(text.split(separator: "HTTP/1.1 203").count == 3, "\(text)")
        #expect(text.hasSuffix("GET /3") && !text.contains("Connection: close"))
    }

    @Test("A request has to be whole in time, however often a byte of it comes")
    func deadline() async throws {
        var limits = HTTPLimits()
        limits.request = 400
        let (slow, silent, second) = try await serving(limits) { _, client in
            let bytes = "GET / HTTP/1.1\r\nX: ".map { String($0) } + Array(repeating: "x", count: 200)
            return (
                try await client.exchange(bytes, pause: .milliseconds(40)), try await client.exchange(),
                try await client.exchange(
                    ["GET /1 HTTP/1.1\r\n\r\n"] + bytes, pause: .milliseconds(40))
            )
        }
        #expect(slow == "" && silent == "")
        #expect(second.hasSuffix("GET /1"))
    }

    @Test("Half a request that came along with a whole one holds the connection no longer than silence does")
    func half() async throws {
        var limits = HTTPLimits()
        (limits.request, limits.idle) = (400, 300)
        let text = try await serving(limits) { _, client in
            try await client.exchange("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nX: ")
        }
        #expect(text.contains("GET /1") && !text.contains("GET /2"))
    }

    @Test("Who opens many connections takes the place of the first")
    func manyConnections() async throws {
        var limits = HTTPLimits()
        limits.connections = 20
        try await serving(limits) { _, client in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await client.exchange() } }
                try await Task.sleep(for: .milliseconds(200))
                for number in 0..<20 {
                    let text = try await client.exchange("GET /\(number) HTTP/1.0\r\n\r\n")
                    #expect(text.hasSuffix("GET /\(number)"))
                }
                // Each took the place of one, and gave its own back.
                #expect(try await group.next() == "")
                group.cancelAll()
                while await group.nextResult() != nil {}
            }
        }
    }

    @Test("A body that is too long is refused, and who waits for leave to send one is answered at once")
    func bodies() async throws {
        var limits = HTTPLimits()
        limits.body = 100
        let (long, waiting) = try await serving(limits) { _, client in
            (
                try await client.exchange(
                    "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "80\r\n" + String(repeating: "x", count: 128),
                    pause: .milliseconds(50)),
                try await client.exchange("PUT /w HTTP/1.1\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
            )
        }
        #expect(long.hasPrefix("HTTP/1.1 413 ") && long.contains("\r\nConnection: close\r\n"))
        #expect(waiting.hasPrefix("HTTP/1.1 203 ") && waiting.hasSuffix("PUT /w"))
    }

    @Test("What is no HTTP is refused, and so is a head that is too long, or has too many fields")
    func noise() async throws {
        let (noise, long, many) = try await serving { _, client in
            (
                try await client.exchange("hello\r\n\r\n"),
                try await client.exchange(
                    "GET / HTTP/1.1\r\n"
                        + (0..<5).map { "X-\($0): \(String(repeating: "x", count: 5000))\r\n" }.joined()
                        + "\r\n"),
                try await client.exchange("GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 100) + "\r\n")
            )
        }
        for text in [noise, long, many] { #expect(text.hasPrefix("HTTP/1.1 400 "), "\(text)") }
    }

    @Test("A port that somebody has is tried again until it is free, and said once")
    func taken() async throws {
        let other = HTTPServer(NotedLog().logger)
        other.serve(endpoint, "other") { _ in .now(.json(status: 500, "other")) }
        try await waitUntilServing()
        let server = HTTPServer(log.logger)
        server.serve(endpoint, "tests") { _ in .now(.json(status: 200, "ours")) }
        server.retry()
        server.retry()
        #expect(try await RawClient(endpoint).exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("other"))
        await other.shutDown()
        // One that falls into an attempt from before is none.
        try await waitUntilServing { server.retry() }
        #expect(try await RawClient(endpoint).exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("ours"))
        await server.shutDown()
        let lines = log.lines
        #expect(lines.count == 2, "\(lines)")
        #expect(lines[0].contains("cannot listen") && lines[0].contains("\(endpoint)") && lines[0].contains("tests"))
        #expect(lines[0].contains("in use") && lines[1].contains("listening now"))
    }

    @Test("Where nobody wants it any more it is refused, and what is open ends with the next request")
    func ended() async throws {
        let text = try await serving { server, client in
            async let open = client.exchange(
                "GET /1 HTTP/1.1\r\n\r\n", "GET /2 HTTP/1.1\r\n\r\n", pause: .milliseconds(400))
            try await Task.sleep(for: .milliseconds(200))
            server.end(endpoint)
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await !isAnswered())
            return try await open
        }
        #expect(text.contains("GET /1") && !text.contains("GET /2"))
    }

    @Test("A server that is shut down has let go of its port, and hears nothing any more")
    func shutDown() async throws {
        let text = try await serving { server, client in
            async let open = client.exchange("GET /1 HTTP/1.1\r\n\r\n")
            try await Task.sleep(for: .milliseconds(100))
            await server.shutDown()
            return try await open
        }
        #expect(text.hasSuffix("GET /1"))
        #expect(try await !isAnswered())
        try await serving { _, client in
            let again = try await client.exchange("GET /again HTTP/1.0\r\n\r\n")
            #expect(again.hasSuffix("/again"))
        }
    }
}
