/// What is answered at which path, whatever the method, as the Go servers answer that probes have learnt to read.
package struct HTTPRoutes: Sendable {
    private let responders: [String: HTTPServer.Responder]

    package init(_ responders: [String: HTTPServer.Responder]) { self.responders = responders }

    /// 404 for every other path.
    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        responders[request.path]?(request) ?? .now(.text(status: 404, "404 page not found\n"))
    }
}
