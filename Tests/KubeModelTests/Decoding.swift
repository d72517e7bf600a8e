import FoundationEssentials
import JSON
import KubeModel
import Testing

/// The one item of a JSON document.
func decodeItem(_ json: String) throws -> DecodedItem {
    let items = try decodeItems(json)
    #expect(items.count == 1)
    return try #require(items.first)
}

/// All items of a JSON document.
func decodeItems(_ json: String) throws -> [DecodedItem] {
    KubeDocument(try JSONValue(parsing: Array(json.utf8))).items
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
    try KubeDocument(fixture(name)).items.map { item in
        guard case .object(let object) = item.outcome else { throw NotDecoded(json: "\(item)") }
        return object
    }
}

/// A stored answer of a real API server.
func fixture(_ name: String) throws -> JSONValue {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return try JSONValue(parsing: Array(Data(contentsOf: folder.appending(path: "Fixtures/\(name).json"))))
}
