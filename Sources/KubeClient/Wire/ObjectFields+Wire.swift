import FoundationEssentials
import KubeModel
import KubeWire
import SwiftProtobuf

/// Protobuf leaves no empty texts, zeros and lists out that Go has no pointers for, JSON does: here they are left out.
extension ObjectFields {
    /// Reads the fields of an object whose kind is known.
    ///
    /// - Parameter bytes: the object's message, without what the API puts around it.
    /// - Throws: SwiftProtobuf's error for bytes that are no such message.
    init(_ kind: ObjectID.Kind, protobuf bytes: some SwiftProtobufContiguousBytes) throws {
        func message<M: Message>(_ type: M.Type) throws -> M {
            var options = BinaryDecodingOptions()
            options.discardUnknownFields = true
            return try M(serializedBytes: bytes, options: options)
        }
        switch kind {
        case .service: self = .service(ServiceFields(try message(WireService.self)))
        case .endpointSlice: self = .endpointSlice(EndpointSliceFields(try message(WireEndpointSlice.self)))
        case .node: self = .node(NodeFields(try message(WireNode.self)))
        case .serviceCIDR: self = .serviceCIDR(ServiceCIDRFields(try message(WireServiceCIDR.self)))
        case .endpoints: throw APIDecodingError("Endpoints objects are not read from an API server")
        }
    }
}

/// nil for the empty text.
func sent(_ text: String) -> String? { text.isEmpty ? nil : text }

/// nil for zero.
func sent(_ number: Int32) -> Int? { number == 0 ? nil : Int(number) }

/// nil for no entries.
func sent<Entry>(_ entries: [Entry]) -> [Entry]? { entries.isEmpty ? nil : entries }

extension MetadataFields {
    init(_ wire: WireObjectMeta) {
        self.init(name: sent(wire.name), namespace: sent(wire.namespace))
        uid = sent(wire.uid)
        resourceVersion = sent(wire.resourceVersion)
        creationTimestamp =
            wire.hasCreationTimestamp ? timestamp(secondsSince1970: wire.creationTimestamp.seconds) : nil
        deletionTimestamp =
            wire.hasDeletionTimestamp ? timestamp(secondsSince1970: wire.deletionTimestamp.seconds) : nil
        labels = wire.labels.isEmpty ? nil : wire.labels
        lastChangeTriggerTime = wire.annotations[Self.triggerTimeAnnotation].map { String(decoding: $0, as: UTF8.self) }
    }
}
