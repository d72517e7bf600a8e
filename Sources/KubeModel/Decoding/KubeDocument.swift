package import JSON

/// A document of a manifest: one object, or a list of objects (`List`, `ServiceList`, …).
///
/// Reading it never fails because of an object: each one's outcome stands by itself.
package struct KubeDocument: Sendable {
    package private(set) var items: [DecodedItem] = []

    /// How many lists may lie within each other, which people do once at most.
    private static let maximumDepth = 8

    package init(_ document: JSONValue) { read(document, at: [], outer: nil, depth: 0) }

    /// - Parameters:
    ///   - outer: kind and version that the list around the object gives it, as an API server's lists do.
    ///   - depth: the number of lists around the object.
    private mutating func read(
        _ value: JSONValue, at path: FieldPath, outer: (kind: String, version: String)?, depth: Int
    ) {
        var remarks: [FieldRemark] = []
        var known: (kind: ObjectID.Kind, fields: FieldReader)?
        do throws(FieldRemark) {
            let fields = try FieldReader(value)
            let kind = try fields.text("kind") ?? outer?.kind ?? ""
            let version = try fields.text("apiVersion") ?? outer?.version ?? ""
            if kind.isEmpty { throw FieldRemark(path: ["kind"], text: "is missing") }
            if version.isEmpty { throw FieldRemark(path: ["apiVersion"], text: "is missing") }
            if let element = Self.listElement(kind) {
                guard depth < Self.maximumDepth else {
                    throw FieldRemark(
                        path: ["kind"], text: "lists are nested more than \(Self.maximumDepth) deep")
                }
                for (index, item) in (try fields.values("items") ?? []).enumerated() {
                    let outer = element.isEmpty ? nil : (element, version)
                    read(item, at: path + ["items", .index(index)], outer: outer, depth: depth + 1)
                }
                return
            }
            guard let kind = ObjectID.Kind(rawValue: kind), Self.group(version) == Self.group(kind.apiVersion) else {
                let name = "\(version) \(quoted(kind))"
                return add(
                    KnownKinds.mayExist(kind, in: String(Self.group(version))) ? .ignored(name) : .unknown(name),
                    at: path)
            }
            known = (kind, fields)
            guard version == kind.apiVersion else {
                throw FieldRemark(
                    path: ["apiVersion"], text: "\(quoted(version)) is not read; write \(kind.apiVersion)")
            }
            let object = try KubeObject(ObjectFields(kind, fields), remarks: &remarks)
            add(.object(object), at: path, remarks)
        } catch {
            // Nothing is made of a ServiceCIDR yet, so one that is wrong is no reason to leave anything as it was.
            if known?.kind == .serviceCIDR { return add(.ignored("such a ServiceCIDR"), at: path) }
            let id = known.flatMap { Self.id($0.kind, $0.fields) }
            add(.invalid(id, error.within(path)), at: path, remarks)
        }
    }

    /// - Parameter remarks: with paths that begin at the object.
    private mutating func add(_ outcome: DecodedItem.Outcome, at path: FieldPath, _ remarks: [FieldRemark] = []) {
        items.append(DecodedItem(path: path, outcome: outcome, remarks: remarks.map { $0.within(path) }))
    }

    /// The object's identity, whatever the rest of it looks like.
    private static func id(_ kind: ObjectID.Kind, _ fields: FieldReader) -> ObjectID? {
        guard let metadata = try? fields.mapping("metadata"), let name = try? metadata.text("name"),
            let namespace = try? metadata.text("namespace") ?? ""
        else { return nil }
        return ObjectID(kind, name: name, namespace: namespace)
    }

    /// The kind of a list's elements: empty for `List`, which holds any, nil for what is no list of ours.
    private static func listElement(_ kind: String) -> String? {
        guard kind.hasSuffix("List") else { return nil }
        let element = String(kind.dropLast(4))
        return element.isEmpty || ObjectID.Kind(rawValue: element) != nil ? element : nil
    }

    /// The API group of a version: `discovery.k8s.io` of `discovery.k8s.io/v1`, empty for `v1`.
    private static func group(_ version: String) -> Substring {
        version.lastIndex(of: "/").map { version[..<$0] } ?? ""
    }
}
