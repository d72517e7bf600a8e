package import KubeModel

/// An object as an API server sent it.
package struct ReceivedObject: Sendable {
    package let id: ObjectID
    /// Of the object, which a watch may begin behind; empty in a list of an old server.
    package let resourceVersion: String
    /// nil where it is unusable.
    package private(set) var object: KubeObject?
    /// Why it is unusable.
    package private(set) var refusal: FieldRemark?
    /// Values that are passed over.
    package private(set) var remarks: [FieldRemark] = []

    /// - Throws: where not even its name can be read.
    init(_ kind: ObjectID.Kind, _ fields: ObjectFields) throws(APIDecodingError) {
        let metadata = fields.metadata
        guard let id = ObjectID(kind, name: metadata?.name, namespace: metadata?.namespace) else {
            throw APIDecodingError("\(kind.rawValue) without a name")
        }
        self.id = id
        resourceVersion = metadata?.resourceVersion ?? ""
        do throws(FieldRemark) {
            object = try KubeObject(fields, remarks: &remarks)
        } catch {
            refusal = error
        }
    }

    /// What of it cannot be read at all, so that it is unusable.
    init(_ id: ObjectID, resourceVersion: String, refusal: FieldRemark) {
        self.id = id
        self.resourceVersion = resourceVersion
        self.refusal = refusal
    }
}

extension ObjectFields {
    fileprivate var metadata: MetadataFields? {
        switch self {
        case .service(let fields): fields.metadata
        case .endpointSlice(let fields): fields.metadata
        case .endpoints(let fields): fields.metadata
        case .node(let fields): fields.metadata
        case .serviceCIDR(let fields): fields.metadata
        }
    }
}
