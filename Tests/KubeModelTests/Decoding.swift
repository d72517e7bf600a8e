import FoundationEssentials
import KubeModel
import Testing

/// The one item of a JSON document.
func decodeItem(_ json: String) throws -> DecodedItem {
    let document = try JSONDecoder().decode(KubeDocument.self, from: Data(json.utf8))
    #expect(document.items.count == 1)
    return try #require(document.items.first)
}

func decodeService(_ json: String) throws -> Service {
    guard case .object(.service(let service)) = try decodeItem(json).outcome else { throw NotDecoded(json: json) }
    return service
}

func decodeSlice(_ json: String) throws -> EndpointSlice {
    guard case .object(.endpointSlice(let slice)) = try decodeItem(json).outcome else { throw NotDecoded(json: json) }
    return slice
}

/// What is wrong with the one item of a JSON document, as `Service default/web: spec.type: …`.
func decodingError(_ json: String) throws -> String {
    guard case .invalid(let id, let remark) = try decodeItem(json).outcome else { throw NotDecoded(json: json) }
    return "\(id?.description ?? "?"): \(remark)"
}

struct NotDecoded: Error { let json: String }

/// A Service `default/web` with this `spec`, in JSON.
func serviceJSON(_ spec: String, status: String = "{}") -> String {
    #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":\#(spec),"status":\#(status)}"#
}

/// An EndpointSlice `default/web-1` with these further fields, in JSON.
func sliceJSON(_ fields: String) -> String {
    #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"web-1"},\#(fields)}"#
}

/// The valid objects of a stored answer of a real API server.
func fixtureObjects(_ name: String) throws -> [KubeObject] {
    try JSONDecoder().decode(KubeDocument.self, from: fixtureData(name)).items.map { item in
        guard case .object(let object) = item.outcome else { throw NotDecoded(json: "\(item)") }
        return object
    }
}

/// A stored answer of a real API server, byte for byte.
func fixtureData(_ name: String) throws -> Data {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return try Data(contentsOf: folder.appending(path: "Fixtures/\(name).json"))
}
