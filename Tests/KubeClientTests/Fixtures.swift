import FoundationEssentials
import Glibc
import KubeClient
import KubeModel
import LinuxSystem

/// What a real API server (1.36.2) sent, byte for byte.
func recorded(_ name: String) throws -> [UInt8] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().path()
    return try FileDescriptor.open("\(folder)/Fixtures/\(name)", O_RDONLY).readToEnd()
}

/// A body in both encodings.
func recordings(_ name: String) throws -> [(APIEncoding, [UInt8])] {
    [(.json, try recorded("\(name).json")), (.protobuf, try recorded("\(name).pb"))]
}

/// The events of a stream that comes in such pieces.
func events(_ chunks: [ArraySlice<UInt8>], _ encoding: APIEncoding, of kind: ObjectID.Kind) throws -> [WatchEvent] {
    var frames = WatchFrames(encoding)
    var events: [WatchEvent] = []
    for chunk in chunks {
        frames.append(chunk)
        while let frame = try frames.next() { events.append(try WatchEvent(frame, encoding, of: kind)) }
    }
    return events
}

/// An event as tests compare it.
struct Told: Equatable {
    let words: String
    var object: KubeObject?

    init(_ event: WatchEvent) {
        switch event {
        case .set(let object):
            words = "\(object.id) set \(object.resourceVersion)"
            self.object = object.object
        case .removed(let id, let version): words = "\(id) removed \(version)"
        case .bookmark(let version, let ends): words = "bookmark \(version)\(ends ? " end" : "")"
        case .error(let status): words = "error \(status)"
        }
    }
}

/// A list made by hand, as a server writes it.
///
/// - Parameter objects: the version of each.
func list(
    _ names: [String], version: Int, objects: Int = 1, next: String? = nil, kind: ObjectID.Kind = .service
) throws -> ListPage {
    let items = names.map { object($0, version: objects, kind: kind) }.joined(separator: ",")
    let more = next.map { ",\"continue\":\"\($0)\"" } ?? ""
    let text =
        "{\"kind\":\"\(kind.rawValue)List\",\"metadata\":{\"resourceVersion\":\"\(version)\"\(more)},\"items\":[\(items)]}"
    return try ListPage(Array(text.utf8), .json, of: kind)
}

/// A watch event made by hand.
func event(_ type: String, _ name: String, version: Int, kind: ObjectID.Kind = .service) throws -> WatchEvent {
    let text = "{\"type\":\"\(type)\",\"object\":\(object(name, version: version, kind: kind))}"
    return try WatchEvent(Array(text.utf8), .json, of: kind)
}

func bookmark(_ version: Int, ends: Bool = false) throws -> WatchEvent {
    let mark = ends ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : ""
    let text = """
        {"type":"BOOKMARK","object":{"kind":"Service","metadata":{"resourceVersion":"\(version)"\(mark)}}}
        """
    return try WatchEvent(Array(text.utf8), .json, of: .service)
}

/// A name beginning with `bad` makes an object that is unusable.
private func object(_ name: String, version: Int, kind: ObjectID.Kind) -> String {
    let port = name.hasPrefix("bad") ? 70_000 : 80
    return """
        {"kind":"\(kind.rawValue)","apiVersion":"\(kind.apiVersion)","metadata":{"name":"\(name)","namespace":"shop",\
        "resourceVersion":"\(version)"},"spec":{"clusterIP":"10.96.0.1","ports":[{"port":\(port)}]}}
        """
}
