import FoundationEssentials
import JSON
package import KubeModel
import KubeWire
import SwiftProtobuf

/// What a watch tells.
package enum WatchEvent: Sendable {
    /// `ADDED` and `MODIFIED`, which differ in nothing that matters.
    case set(ReceivedObject)
    /// `DELETED`: the object is gone, or has left the selector; its content is the last that was in it.
    case removed(ObjectID, resourceVersion: String)
    /// `BOOKMARK`: all that happened up to a version has been told.
    case bookmark(resourceVersion: String, endsInitialEvents: Bool)
    /// `ERROR`: the watch ends.
    case error(APIStatus)

    private static let initialEventsEnd = "k8s.io/initial-events-end"

    /// Reads one frame.
    ///
    /// - Parameter kind: of the objects that are watched.
    package init(_ frame: [UInt8], _ encoding: APIEncoding, of kind: ObjectID.Kind) throws {
        switch encoding {
        case .protobuf: try self.init(protobuf: frame, of: kind)
        case .json: try self.init(json: frame, of: kind)
        }
    }

    private init(protobuf frame: [UInt8], of kind: ObjectID.Kind) throws {
        let event = try WireWatchEvent(serializedBytes: frame)
        let envelope = try Envelope(event.object.raw)
        if event.type == "ERROR" {
            self = .error(APIStatus(try WireStatus(serializedBytes: envelope.content(as: "Status"))))
            return
        }
        let content = try envelope.content(as: kind.rawValue)
        if event.type == "ADDED" || event.type == "MODIFIED" {
            self = .set(try ReceivedObject(kind, protobuf: content))
            return
        }
        // Of what is gone its name counts, however the rest of it looks.
        let metadata = try WireAnyObject(serializedBytes: content).metadata
        try self.init(
            event.type, kind, name: sent(metadata.name), namespace: metadata.namespace,
            resourceVersion: metadata.resourceVersion,
            endsInitialEvents: metadata.annotations[Self.initialEventsEnd] == Data("true".utf8))
    }

    private init(json frame: [UInt8], of kind: ObjectID.Kind) throws {
        guard case .object(let event) = try JSONValue(parsing: frame), let type = event.text("type"),
            let object = event.mapping("object")
        else { throw APIDecodingError("no watch event") }
        if type == "ERROR" {
            self = .error(APIStatus(object))
            return
        }
        guard object.text("kind") == kind.rawValue else {
            throw APIDecodingError("a \(object.text("kind") ?? "") where a \(kind.rawValue) was asked for")
        }
        if type == "ADDED" || type == "MODIFIED" {
            self = .set(try ReceivedObject(kind, json: object))
            return
        }
        let metadata = object.mapping("metadata")
        try self.init(
            type, kind, name: metadata?.text("name"), namespace: metadata?.text("namespace"),
            resourceVersion: metadata?.text("resourceVersion") ?? "",
            endsInitialEvents: metadata?.mapping("annotations")?.text(Self.initialEventsEnd) == "true")
    }

    private init(
        _ type: String, _ kind: ObjectID.Kind, name: String?, namespace: String?, resourceVersion: String,
        endsInitialEvents: Bool
    ) throws {
        switch type {
        case "DELETED":
            guard let id = ObjectID(kind, name: name, namespace: namespace) else {
                throw APIDecodingError("\(kind.rawValue) without a name")
            }
            self = .removed(id, resourceVersion: resourceVersion)
        case "BOOKMARK": self = .bookmark(resourceVersion: resourceVersion, endsInitialEvents: endsInitialEvents)
        default: throw APIDecodingError("a watch event of the type \"\(type.prefix(40))\"")
        }
    }
}
