package import NetworkTypes

/// Where a server listens.
package struct HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// `0.0.0.0` and `::` stand for all addresses of their own family.
    package let address: IPAddress
    package let port: UInt16

    package init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    package var description: String { address.description(port: port) }
}

/// What a client asks for; a body is read and thrown away.
package struct HTTPRequest: Sendable, Hashable {
    /// As it was sent: `GET`, `HEAD`, `POST`.
    package let method: String
    /// As it was sent, without what follows a question mark.
    package let path: String

    package init(method: String, path: String) {
        self.method = method
        self.path = path
    }
}

/// What a client is answered; the server adds `Date`, `Content-Length` and `Connection`.
package struct HTTPResponse: Sendable, Hashable {
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// 200 to 599.
    package let status: Int
    package let fields: [Field]
    /// Not sent where the client asks for the head alone.
    package let body: String

    package init(status: Int, _ fields: [Field], body: String) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// JSON as Go's servers send it, which probes of kube-proxy have learnt to read.
    ///
    /// - Parameter more: fields besides the content's type.
    package static func json(status: Int, _ body: String, _ more: [Field] = []) -> HTTPResponse {
        let fields = [Field("Content-Type", "application/json"), Field("X-Content-Type-Options", "nosniff")]
        return HTTPResponse(status: status, fields + more, body: body)
    }

    /// Text as Go's servers send it.
    package static func text(status: Int = 200, _ body: String) -> HTTPResponse {
        let fields = [
            Field("Content-Type", "text/plain; charset=utf-8"), Field("X-Content-Type-Options", "nosniff"),
        ]
        return HTTPResponse(status: status, fields, body: body)
    }
}

/// What becomes of a request.
package enum HTTPAnswer: Sendable {
    case now(HTTPResponse)
    /// The response takes a while: it is begun on the server's thread and handed over from any other, once.
    ///
    /// A client whose request takes longer than it may loses its connection meanwhile.
    case later(@Sendable (_ respond: @escaping @Sendable (HTTPResponse) -> Void) -> Void)
}

/// How much of the daemon clients can take up, whoever they are.
package struct HTTPLimits: Sendable, Hashable {
    /// Connections at once; one more ends the one that was accepted first.
    package var connections = 512
    /// Milliseconds from a request's first byte, or from the connection's begin, until all of it has to be there.
    package var request: Int64 = 10_000
    /// Milliseconds between an answer and the next request.
    package var idle: Int64 = 60_000
    /// Bytes of a request's head, of one of its fields, and how many fields it may have.
    package var head = 16 * 1024
    package var field = 8 * 1024
    package var fields = 64
    /// Bytes of a request's body.
    package var body = 64 * 1024

    package init() {}
}
