import JSON
package import KubeModel
import KubeWire
import SwiftProtobuf

/// A list of an API server's, or a part of it.
package struct ListPage: Sendable {
    /// Of the whole list, whatever the page.
    package let resourceVersion: String
    /// What asks for the next page; nil on the last.
    package let next: String?
    package private(set) var objects: [ReceivedObject] = []

    /// Reads the body of an answer.
    ///
    /// - Parameter kind: of its items.
    /// - Throws: for bytes that are no such list; one item that is unusable is none of that.
    package init(_ body: [UInt8], _ encoding: APIEncoding, of kind: ObjectID.Kind) throws {
        switch encoding {
        case .protobuf:
            let list = try WireObjectList(serializedBytes: Envelope(body).content(as: "\(kind.rawValue)List"))
            resourceVersion = list.metadata.resourceVersion
            next = sent(list.metadata.continue)
            objects.reserveCapacity(list.items.count)
            for item in list.items { objects.append(try ReceivedObject(kind, protobuf: item)) }
        case .json:
            guard case .object(let list) = try JSONValue(parsing: body), list.text("kind") == "\(kind.rawValue)List"
            else { throw APIDecodingError("no \(kind.rawValue)List") }
            let metadata = list.mapping("metadata")
            resourceVersion = metadata?.text("resourceVersion") ?? ""
            next = metadata?.text("continue").flatMap(sent)
            for item in list.mappings("items") ?? [] { objects.append(try ReceivedObject(kind, json: item)) }
        }
        // Behind no version nothing can be watched.
        guard !resourceVersion.isEmpty else {
            throw APIDecodingError("a \(kind.rawValue)List without a resourceVersion")
        }
    }
}
