extension ClusterStore {
    /// Answers a request as an API server does that has watch lists.
    package nonisolated func answer(
        _ request: TestAPIServer.Request, _ response: TestAPIServer.Response
    ) async throws {
        let kind = String(request.path.split(separator: "/").last ?? "")
        guard Self.kinds[kind] != nil else { return try await response.answer(404, "404 page not found\n") }
        if request.parameter("watch") == nil { return try await list(kind, request, response) }
        let seconds = request.parameter("timeoutSeconds").flatMap { Int($0) } ?? 1800
        try await response.begin()
        if request.parameter("sendInitialEvents") == "true" {
            let (id, version, objects, future) = await begin(kind)
            for object in objects { try await response.chunk(Self.event("ADDED", object.json)) }
            try await response.chunk(Self.bookmark(kind, version, isEnd: true))
            try await follow(id, [], future, kind, seconds, response)
        } else {
            let version = request.parameter("resourceVersion").flatMap { Int($0) } ?? 0
            guard await version >= window else {
                try await response.chunk(Self.expired)
                return try await response.end()
            }
            let (id, past, future) = await watch(kind, after: version)
            try await follow(id, past, future, kind, seconds, response)
        }
    }

    /// What a watch behind a version begins with, as it is sent.
    package func past(_ kind: Kind, after version: Int) -> String {
        events(kind, after: version).map { Self.event($0.type, $0.json) }.joined()
    }

    private func begin(
        _ kind: Kind
    ) -> (id: Int, version: Int, objects: [(name: String, json: String)], future: AsyncStream<Event>) {
        let (id, _, future) = watch(kind, after: version)
        return (id, version, list(kind), future)
    }

    private nonisolated func follow(
        _ id: Int, _ past: [Event], _ future: AsyncStream<Event>, _ kind: Kind, _ seconds: Int,
        _ response: TestAPIServer.Response
    ) async throws {
        let end = Task {
            try await Task.sleep(for: .seconds(seconds))
            await endWatch(id)
        }
        defer { end.cancel() }
        do {
            for event in past { try await response.chunk(Self.event(event.type, event.json)) }
            for await event in future where event.kind == kind {
                try await response.chunk(Self.event(event.type, event.json))
            }
        } catch {
            await endWatch(id)
            throw error
        }
        try await response.end()
    }

    private nonisolated func list(
        _ kind: Kind, _ request: TestAPIServer.Request, _ response: TestAPIServer.Response
    ) async throws {
        let selector = request.parameter("fieldSelector").map(String.init) ?? ""
        let only = selector.hasPrefix("metadata.name%3D") ? selector.dropFirst("metadata.name%3D".count) : nil
        let (version, all) = await (version, list(kind).filter { only == nil || $0.name[...] == only })
        let start = request.parameter("continue").map(String.init) ?? ""
        let rest = all.filter { $0.name > start }
        let page = rest.prefix(request.parameter("limit").flatMap { Int($0) } ?? .max)
        let next = page.count < rest.count ? ",\"continue\":\"\(page.last?.name ?? "")\"" : ""
        let name = Self.kinds[kind]?.name ?? ""
        try await response.answer(
            """
            {"kind":"\(name)List","metadata":{"resourceVersion":"\(version)"\(next)},"items":[\
            \(page.map(\.json).joined(separator: ","))]}
            """)
    }

    static func event(_ type: String, _ json: String) -> String { "{\"type\":\"\(type)\",\"object\":\(json)}\n" }

    static func bookmark(_ kind: Kind, _ version: Int, isEnd: Bool = false) -> String {
        let (name, apiVersion) = kinds[kind] ?? ("", "")
        let mark = isEnd ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : ""
        return event(
            "BOOKMARK",
            """
            {"kind":"\(name)","apiVersion":"\(apiVersion)","metadata":{"resourceVersion":"\(version)"\(mark)}}
            """)
    }

    /// What a watch from a version says that is forgotten (recorded).
    package static let expired = event(
        "ERROR",
        """
        {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 2 (162)",\
        "reason":"Expired","code":410}
        """)
}

extension TestAPIServer.Response {
    /// A whole answer with status 200.
    func answer(_ text: String) async throws { try await answer(200, text) }
}
