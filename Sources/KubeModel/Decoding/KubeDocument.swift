/// A document of a manifest: one object, or a list of objects (`List`, `ServiceList`, …).
///
/// Decoding it never fails because of an object: each one's outcome stands by itself.
package struct KubeDocument: Sendable, Decodable {
    package private(set) var items: [DecodedItem] = []

    private enum Keys: String, CodingKey { case kind, apiVersion, metadata, items }

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
        var known: (kind: ObjectID.Kind, fields: KeyedDecodingContainer<Keys>)?
        do {
            let fields = try decoder.container(keyedBy: Keys.self)
            let kind = try fields.decodeIfPresent(String.self, forKey: .kind) ?? outer?.kind ?? ""
            let version = try fields.decodeIfPresent(String.self, forKey: .apiVersion) ?? outer?.version ?? ""
            if kind.isEmpty { throw FieldRemark(path: ["kind"], text: "is missing") }
            if version.isEmpty { throw FieldRemark(path: ["apiVersion"], text: "is missing") }
            if let element = Self.listElement(kind) {
                guard depth < Self.maximumDepth else {
                    throw FieldRemark(
                        path: ["kind"], text: "lists are nested more than \(Self.maximumDepth) deep")
                }
                try readItems(fields, element.isEmpty ? nil : (element, version), depth: depth + 1)
                return
            }
            guard let kind = ObjectID.Kind(rawValue: kind), Self.group(version) == Self.group(kind.apiVersion) else {
                return add(.ignored("\(version) \(quoted(kind))"), at: path)
            }
            known = (kind, fields)
            guard version == kind.apiVersion else {
                throw FieldRemark(
                    path: ["apiVersion"], text: "\(quoted(version)) is not read; write \(kind.apiVersion)")
            }
            let object = try KubeObject(ObjectFields(kind, from: decoder), remarks: &remarks)
            add(.object(object), at: path, remarks)
        } catch {
            // Nothing is made of a ServiceCIDR yet, so one that is wrong is no reason to leave anything as it was.
            if known?.kind == .serviceCIDR { return add(.ignored("such a ServiceCIDR"), at: path) }
            let id = known.flatMap { Self.id($0.kind, $0.fields) }
            add(.invalid(id, FieldRemark(error, at: path)), at: path, remarks)
        }
    }

    /// - Parameter remarks: with paths that begin at the object.
    private mutating func add(_ outcome: DecodedItem.Outcome, at path: FieldPath, _ remarks: [FieldRemark] = []) {
        let remarks = remarks.map { FieldRemark(path: path + $0.path, text: $0.text) }
        items.append(DecodedItem(path: path, outcome: outcome, remarks: remarks))
    }

    private mutating func readItems(
        _ fields: KeyedDecodingContainer<Keys>, _ outer: (kind: String, version: String)?, depth: Int
    ) throws {
        guard fields.contains(.items), try !fields.decodeNil(forKey: .items) else { return }
        var list = try fields.nestedUnkeyedContainer(forKey: .items)
        while !list.isAtEnd { read(try list.superDecoder(), outer: outer, depth: depth) }
    }

    /// The object's identity, whatever the rest of it looks like.
    private static func id(_ kind: ObjectID.Kind, _ fields: KeyedDecodingContainer<Keys>) -> ObjectID? {
        guard let metadata = try? fields.mapping(.metadata, MetadataFields.Keys.self),
            let name = try? metadata.text(.name), let namespace = try? metadata.text(.namespace) ?? ""
        else { return nil }
        return ObjectID(kind, name: name, namespace: namespace)
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
