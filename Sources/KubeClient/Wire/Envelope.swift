import FoundationEssentials
import KubeWire
import SwiftProtobuf

/// What the API's protobuf puts around a message: four magic bytes and a `runtime.Unknown` that names its kind
/// (k8s.io/apimachinery/pkg/runtime/serializer/protobuf).
struct Envelope {
    /// Such as `ServiceList` or `Status`.
    let kind: String
    /// The message within.
    let content: Data

    private static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0x00]

    init(_ bytes: some SwiftProtobufContiguousBytes & Collection<UInt8>) throws {
        guard bytes.starts(with: Self.magic) else {
            throw APIDecodingError("protobuf without the magic bytes of the Kubernetes API")
        }
        let unknown = try WireUnknown(serializedBytes: Array(bytes.dropFirst(Self.magic.count)))
        kind = unknown.typeMeta.kind
        content = unknown.raw
    }

    /// - Throws: where it is not an object of the wanted kind.
    func content(as wanted: String) throws -> Data {
        guard kind == wanted else { throw APIDecodingError("a \(kind) where a \(wanted) was asked for") }
        return content
    }
}
