import KubeClient
import KubeModel
import Testing

/// Bodies and streams as a real API server (1.36.2) sent them.
@Suite struct WireTests {
    private static let lists: [(String, ObjectID.Kind)] = [
        ("services-list", .service), ("services-list-rv0", .service), ("services-list-all", .service),
        ("services-page-1", .service), ("services-page-2", .service), ("endpointslices-list", .endpointSlice),
        ("node-list", .node), ("servicecidr-list", .serviceCIDR),
    ]

    @Test("A list in JSON and in protobuf gives equal objects, all of them usable", arguments: lists)
    func list(_ name: String, _ kind: ObjectID.Kind) throws {
        let pages = try recordings(name).map { try ListPage($1, $0, of: kind) }
        #expect(pages[0].objects.count > 0)
        #expect(pages[0].objects.allSatisfy { $0.object != nil })
        #expect(pages[0].objects.map(\.object) == pages[1].objects.map(\.object))
        #expect(pages[0].objects.map(\.id) == pages[1].objects.map(\.id))
        #expect(pages[0].objects.map(\.resourceVersion) == pages[1].objects.map(\.resourceVersion))
        #expect(pages[0].resourceVersion == pages[1].resourceVersion)
        #expect((pages[0].next == nil) == (pages[1].next == nil))
        #expect((pages[0].next != nil) == (name.contains("page")))
    }

    @Test("Every field that Fairway reads comes through protobuf as it does through JSON")
    func fields() throws {
        let names = try ListPage(recorded("services-list-all.pb"), .protobuf, of: .service).objects.map(\.id.name.name)
        #expect(names.contains("front") && names.count == 8)
        let node = try #require(ListPage(recorded("node-list.pb"), .protobuf, of: .node).objects.first?.object)
        guard case .node(let node) = node else { throw Unexpected() }
        #expect(node.addresses.isEmpty == false && node.podCIDRs.isEmpty == false)
    }

    private struct Unexpected: Error {}

    private static let streams: [(String, ObjectID.Kind, [String])] = [
        ("endpointslices-watch", .endpointSlice, ["set", "set", "removed"]),
        ("services-watch-bookmark", .service, ["bookmark"]),
        ("services-watchlist", .service, ["set", "end"]),
        ("endpointslices-watchlist", .endpointSlice, ["set", "end"]),
        ("services-watch-selector-left", .service, ["removed"]),
        ("watch-410", .service, ["error"]),
        ("watch-rv-in-the-future", .service, []),
    ]

    @Test("A stream gives the same events in both encodings, wherever it is cut", arguments: streams)
    func stream(_ name: String, _ kind: ObjectID.Kind, _ expected: [String]) throws {
        var whole: [[Told]] = []
        for (encoding, bytes) in try recordings(name) {
            let all = try events([bytes[...]], encoding, of: kind).map(Told.init)
            whole.append(all)
            for place in bytes.indices {
                let cut = try events([bytes[..<place], bytes[place...]], encoding, of: kind).map(Told.init)
                try #require(cut == all, "cut at \(place)")
            }
            #expect(try events(bytes.indices.map { bytes[$0...$0] }, encoding, of: kind).map(Told.init) == all)
        }
        #expect(whole[0] == whole[1])
        for part in expected { #expect(whole[0].contains { $0.words.contains(part) }) }
        #expect(whole[0].allSatisfy { !$0.words.contains(" set ") || $0.object != nil })
        #expect(whole[0].isEmpty == expected.isEmpty)
    }

    @Test("A stream that ends early leaves a rest, and no event of it")
    func truncated() throws {
        for (encoding, bytes) in try recordings("endpointslices-watch") {
            var frames = WatchFrames(encoding)
            frames.append(bytes.dropLast(3))
            var count = 0
            while try frames.next() != nil { count += 1 }
            let all = try events([bytes[...]], encoding, of: .endpointSlice).count
            #expect(count == all - 1)
            #expect(frames.hasRest)
        }
    }

    @Test("A refusal is understood in JSON, in protobuf and in plain text")
    func statuses() throws {
        for (name, code, reason) in [
            ("unauthorized", 401, "Unauthorized"), ("not-found", 404, "NotFound"),
            ("list-rv-in-the-future", 504, "Timeout"),
        ] {
            let json = APIStatus(code: code, contentType: "application/json", body: try recorded("\(name).json"))
            let type = "application/vnd.kubernetes.protobuf"
            #expect(json == APIStatus(code: code, contentType: type, body: try recorded("\(name).pb")))
            #expect((json.code, json.reason) == (code, reason))
            #expect(!json.message.isEmpty)
        }
        let plain = APIStatus(
            code: 429, contentType: "text/plain; charset=utf-8",
            body: Array("Too many requests, please try again later.\n".utf8))
        #expect("\(plain)" == "429: Too many requests, please try again later.")
        // A gateway's page under the API's own type.
        let page = APIStatus(code: 502, contentType: "application/json", body: Array("<html>\u{1b}[31m".utf8))
        #expect("\(page)" == "502: <html> [31m")
    }

    @Test("Bytes that are no answer are an error, whatever they are")
    func garbage() throws {
        let lists: [(APIEncoding, [UInt8])] = [
            (.json, Array("{}".utf8)), (.json, Array("[]".utf8)), (.json, []), (.protobuf, []),
            (.protobuf, Array("k8s".utf8)), (.protobuf, Array("k8s\0\u{ff}".utf8)),
            (.protobuf, try recorded("endpointslices-list.pb")), (.json, try recorded("endpointslices-list.json")),
            (.json, try recorded("services-list.json").dropLast(2)),
            (.protobuf, try recorded("services-list.pb").dropLast()),
        ]
        for (encoding, bytes) in lists {
            #expect(throws: (any Error).self) { try ListPage(bytes, encoding, of: .service) }
        }
        let frames = [
            #"{"type":"MOVED","object":{"kind":"Service","metadata":{"name":"a"}}}"#, #"{"type":"ADDED"}"#, "{}",
            #"{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"a"}}}"#,
            #"{"type":"DELETED","object":{"kind":"Service","metadata":{"name":"A B"}}}"#,
        ]
        for text in frames {
            #expect(throws: (any Error).self) { try WatchEvent(Array(text.utf8), .json, of: .service) }
        }
        var huge = WatchFrames(.protobuf)
        huge.append([0x7f, 0xff, 0xff, 0xff])
        #expect(throws: APIDecodingError.self) { _ = try huge.next() }
        var text = WatchFrames(.json)
        text.append(Array("upstream connect error".utf8))
        #expect(throws: APIDecodingError.self) { _ = try text.next() }
    }

    @Test("An unusable object is told by its name and field, and its list counts")
    func unusable() throws {
        let page = try KubeClientTests.list(["a", "bad"], version: 5)
        #expect(page.objects.map(\.id.name.name) == ["a", "bad"])
        #expect(page.objects[1].object == nil)
        #expect(page.objects[1].refusal.map { "\($0)" } == "spec.ports[0].port: 70000 is not a port (1 to 65535)")
    }
}
