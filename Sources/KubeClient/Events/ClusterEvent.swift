import JSON
package import KubeModel

/// Something that people should hear of who look at an object: an Event (events.k8s.io/v1).
package struct ClusterEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case normal = "Normal"
        case warning = "Warning"
    }

    package let kind: Kind
    /// One word that programs look for: `Starting`.
    package let reason: String
    /// One word for what was tried: `StartKubeProxy`.
    package let action: String
    /// A sentence, cut at 1024 bytes; empty for none.
    package let note: String
    package let regarding: ObjectID

    package init(_ kind: Kind, reason: String, action: String, note: String = "", regarding: ObjectID) {
        self.kind = kind
        self.reason = reason
        self.action = action
        self.note = note
        self.regarding = regarding
    }

    /// Where Events on the object lie; those on objects without a namespace lie in `default`.
    var namespace: String { regarding.name.namespace.isEmpty ? "default" : regarding.name.namespace }

    var target: String { "/apis/events.k8s.io/v1/namespaces/\(namespace)/events" }

    /// The object to send.
    ///
    /// - Parameters:
    ///   - controller: the program, and at which node it runs.
    ///   - time: RFC 3339 with six digits of a second.
    ///   - number: no other Event on the object may have it.
    func body(by controller: (name: String, node: String), at time: String, number: UInt64) -> [UInt8] {
        var regarded: JSONObject = JSONObject([
            "kind": .string(regarding.kind.rawValue), "apiVersion": .string(regarding.kind.apiVersion),
            "name": .string(regarding.name.name),
        ])
        if !regarding.name.namespace.isEmpty { regarded.append("namespace", .string(regarding.name.namespace)) }
        let event = JSONObject([
            "kind": .string("Event"), "apiVersion": .string("events.k8s.io/v1"),
            "metadata": .object(
                JSONObject([
                    "name": .string("\(regarding.name.name).\(String(number, radix: 16))"),
                    "namespace": .string(namespace),
                ])), "eventTime": .string(time), "type": .string(kind.rawValue), "reason": .string(reason),
            "action": .string(action),
            "note": note.isEmpty ? nil : .string(String(decoding: note.utf8.prefix(1024), as: UTF8.self)),
            "regarding": .object(regarded), "reportingController": .string(controller.name),
            "reportingInstance": .string("\(controller.name)-\(controller.node)"),
        ])
        return Array(JSONValue.object(event).serialized.utf8)
    }
}
