import KubeModel

/// How an API server writes its answers.
package enum APIEncoding: Sendable, Hashable {
    case protobuf
    case json

    private static let protobufType = "application/vnd.kubernetes.protobuf"
    private static let jsonType = "application/json"

    /// What a request says in `Accept`: protobuf, and JSON where a kind has no protobuf.
    package static let accepted = "\(protobufType), \(jsonType)"

    /// The encoding that `Content-Type` names; nil for another one, such as the plain text of a proxy.
    package init?(contentType: String) {
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        switch type {
        case Self.protobufType: self = .protobuf
        case Self.jsonType: self = .json
        default: return nil
        }
    }
}
