import JSON
import KubeWire
import SwiftProtobuf

/// A Status (meta/v1): how an API server says that it does not do what it was asked for.
package struct APIStatus: Error, Sendable, Hashable {
    /// As in HTTP; 0 where it names none.
    package var code: Int
    /// Such as `Expired`, `NotFound`, `Timeout`; empty where it names none.
    package var reason: String
    package var message: String
    package var retryAfterSeconds: Int?
    /// The reasons of its causes, such as `ResourceVersionTooLarge`.
    package var causes: [String]

    package init(
        code: Int, reason: String = "", message: String = "", retryAfterSeconds: Int? = nil, causes: [String] = []
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
        self.causes = causes
    }

    /// What was asked for is older than what the server still knows: the client begins anew.
    package var isExpired: Bool { code == 410 || reason == "Expired" || reason == "Gone" }

    /// The status that a body tells, or else the answer's own with the body's text: proxies and an overloaded server write
    /// plain text, whatever their `Content-Type`.
    ///
    /// - Parameter code: the answer's.
    package init(code: Int, contentType: String, body: [UInt8]) {
        switch APIEncoding(contentType: contentType) {
        case .protobuf:
            if let envelope = try? Envelope(body), let wire = try? WireStatus(serializedBytes: envelope.content) {
                self.init(wire)
            } else {
                self.init(code: code, message: Self.line(of: body))
            }
        case .json:
            if case .object(let object)? = try? JSONValue(parsing: body), object[exactly: "kind"] == .string("Status") {
                self.init(object)
            } else {
                self.init(code: code, message: Self.line(of: body))
            }
        case nil: self.init(code: code, message: Self.line(of: body))
        }
        if self.code == 0 { self.code = code }
    }

    init(_ wire: WireStatus) {
        self.init(
            code: Int(wire.code), reason: wire.reason, message: wire.message,
            retryAfterSeconds: sent(wire.details.retryAfterSeconds), causes: wire.details.causes.map(\.reason))
    }

    init(_ object: JSONObject) {
        let details = object.mapping("details")
        self.init(
            code: object.number("code") ?? 0, reason: object.text("reason") ?? "",
            message: object.text("message") ?? "", retryAfterSeconds: details?.number("retryAfterSeconds"),
            causes: (details?.mappings("causes") ?? []).map { $0.text("reason") ?? "" })
    }

    /// The beginning of a text, for a log.
    private static func line(of body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        return String(text.map { $0.isNewline || $0.asciiValue.map { $0 < 32 } == true ? " " : $0 })
            .trimmingSpaces
    }
}

extension APIStatus: CustomStringConvertible {
    package var description: String {
        let name = reason.isEmpty ? "\(code)" : "\(code) \(reason)"
        return message.isEmpty ? name : "\(name): \(message)"
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
