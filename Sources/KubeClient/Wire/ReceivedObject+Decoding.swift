import FoundationEssentials
import JSON
import KubeModel
import SwiftProtobuf

extension ReceivedObject {
    init(_ kind: ObjectID.Kind, protobuf content: Data) throws {
        try self.init(kind, ObjectFields(kind, protobuf: content))
    }

    /// A field of a wrong type makes the object unusable, not the answer that it stands in.
    init(_ kind: ObjectID.Kind, json object: JSONObject) throws {
        do {
            try self.init(kind, ObjectFields(kind, FieldReader(.object(object))))
        } catch let remark as FieldRemark {
            let metadata = object.mapping("metadata")
            guard let id = ObjectID(kind, name: metadata?.text("name"), namespace: metadata?.text("namespace")) else {
                throw APIDecodingError("\(kind.rawValue) without a name: \(remark)")
            }
            self.init(id, resourceVersion: metadata?.text("resourceVersion") ?? "", refusal: remark)
        }
    }
}
