/// A document of a manifest: one object, or a list of objects (`List`, `ServiceList`, …).
///
/// Decoding it never fails because of an object: each one's outcome stands by itself.
package struct KubeDocument: Sendable, Decodable {
    package private(set) var items: [DecodedItem] = []

    private enum Keys: String, CodingKey { case kind, apiVersion, metadata, items }
    private enum NameKeys: String, CodingKey { case name, namespace }

    /// How many lists may lie within each other, which people do once at most.
    private static let maximumDepth = 8

    package init(from decoder: any Decoder) throws {
        read(decoder, outer: nil, depth: 0)
    }

    /// - Parameters:
    ///   - outer: kind and version that the list around the object gives it, as an API server's lists do.
    ///   - depth: the number of lists around the object.
    private mutating func read(_ decoder: any Decoder, outer: (kind: String, version: String)?, depth: Int) {
        var remarks: [FieldRemark] = []
        let path = FieldPath(decoder.codingPath)
        var id: ObjectID?
        do {
            let fields = try decoder.container(keyedBy: Keys.self)
            let kind = try fields.decodeIfPresent(String.self, forKey: .kind) ?? outer?.kind ?? ""
            let version = try fields.decodeIfPresent(String.self, forKey: .apiVersion) ?? outer?.version ?? ""
            if kind.isEmpty { throw fields.error(.kind, "is missing") }
            if version.isEmpty { throw fields.error(.apiVersion, "is missing") }
            if let element = Self.listElement(kind) {
                guard depth < Self.maximumDepth else {
                    throw fields.error(.kind, "lists are nested more than \(Self.maximumDepth) deep")
                }
                try readItems(fields, element.isEmpty ? nil : (element, version), depth: depth + 1)
                return
            }
            guard let known = ObjectID.Kind(rawValue: kind), Self.group(version) == Self.group(known.apiVersion) else {
                items.append(DecodedItem(path: path, outcome: .ignored("\(version) \(quoted(kind))"), remarks: []))
                return
            }
            id = Self.id(known, fields)
            guard version == known.apiVersion else {
                throw fields.error(.apiVersion, "\(quoted(version)) is not read; write \(known.apiVersion)")
            }
            let object = try Self.object(known, decoder, &remarks)
            items.append(DecodedItem(path: path, outcome: .object(object), remarks: remarks))
        } catch {
            let remark = FieldRemark(error, at: path)
            items.append(DecodedItem(path: path, outcome: .invalid(id, remark), remarks: remarks))
        }
    }

    private mutating func readItems(
        _ fields: KeyedDecodingContainer<Keys>, _ outer: (kind: String, version: String)?, depth: Int
    ) throws {
        guard fields.contains(.items), try !fields.decodeNil(forKey: .items) else { return }
        var list = try fields.nestedUnkeyedContainer(forKey: .items)
        while !list.isAtEnd { read(try list.superDecoder(), outer: outer, depth: depth) }
    }

    private static func object(
        _ kind: ObjectID.Kind, _ decoder: any Decoder, _ remarks: inout [FieldRemark]
    ) throws -> KubeObject {
        switch kind {
        case .service: .service(try Service(from: decoder, remarks: &remarks))
        case .endpointSlice: .endpointSlice(try EndpointSlice(from: decoder, remarks: &remarks))
        case .endpoints: .endpoints(try Endpoints(from: decoder))
        case .node: .node(try Node(from: decoder, remarks: &remarks))
        }
    }

    /// The object's identity, whatever the rest of it looks like.
    private static func id(_ kind: ObjectID.Kind, _ fields: KeyedDecodingContainer<Keys>) -> ObjectID? {
        guard let metadata = try? fields.mapping(.metadata, NameKeys.self), let name = try? metadata.text(.name),
            let namespace = try? metadata.text(.namespace), isDNSSubdomain(name),
            namespace.isEmpty || isDNSLabel(namespace)
        else { return nil }
        let inNamespace = kind == .node ? "" : namespace.isEmpty ? "default" : namespace
        return ObjectID(kind: kind, name: NamespacedName(namespace: inNamespace, name: name))
    }

    /// The kind of a list's elements: empty for `List`, which holds any, nil for what is no list of ours.
    private static func listElement(_ kind: String) -> String? {
        if kind == "List" { return "" }
        return ObjectID.Kind.allCases.map(\.rawValue).first { kind == $0 + "List" }
    }

    /// The API group of a version: `discovery.k8s.io` of `discovery.k8s.io/v1`, empty for `v1`.
    private static func group(_ version: String) -> Substring {
        version.lastIndex(of: "/").map { version[..<$0] } ?? ""
    }
}

extension ObjectID.Kind {
    /// The version in which Fairway reads this kind.
    var apiVersion: String { self == .endpointSlice ? "discovery.k8s.io/v1" : "v1" }
}
