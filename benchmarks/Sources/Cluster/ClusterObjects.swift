import FoundationEssentials
import KubeWire
import SwiftProtobuf

/// Objects as an API server sends them: protobuf, and as large as recorded ones, because much of an object is read over.
struct ClusterObjects {
    let services: Int
    let endpoints: Int

    /// Bytes of managed fields and the like: the recorded ones have as many on the average.
    private static let serviceBallast = 700
    private static let sliceBallast = 800

    func service(_ number: Int, version: Int) throws -> [UInt8] {
        var service = WireService()
        service.metadata = metadata("service-\(number)", version)
        service.spec.clusterIp = address(0x0a60_0001 + number)
        service.spec.clusterIps = [service.spec.clusterIp]
        service.spec.type = "ClusterIP"
        service.spec.ipFamilies = ["IPv4"]
        service.spec.internalTrafficPolicy = "Cluster"
        var port = WireServicePort()
        (port.name, port.protocol, port.port) = ("http", "TCP", 80)
        service.spec.ports = [port]
        return try object("v1", "Service", service, Self.serviceBallast)
    }

    /// - Parameter round: 0 for the first version; later ones have another first endpoint.
    func slice(_ number: Int, round: Int = 0, version: Int) throws -> [UInt8] {
        var slice = WireEndpointSlice()
        slice.metadata = metadata("service-\(number)-x7k2p", version)
        slice.metadata.labels = [
            "kubernetes.io/service-name": "service-\(number)",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        ]
        slice.addressType = "IPv4"
        var port = WireEndpointPort()
        (port.name, port.protocol, port.port) = ("http", "TCP", 8080)
        slice.ports = [port]
        slice.endpoints = (0..<endpoints).map { slot in
            var endpoint = WireEndpoint()
            endpoint.addresses = [
                address(slot == 0 && round > 0 ? 0x0c00_0000 + round : 0x0b00_0000 + number * endpoints + slot)
            ]
            (endpoint.conditions.ready, endpoint.conditions.serving, endpoint.conditions.terminating) = (
                true, true, false
            )
            (endpoint.nodeName, endpoint.zone) = ("node-\(slot)", "zone-a")
            return endpoint
        }
        return try object("discovery.k8s.io/v1", "EndpointSlice", slice, Self.sliceBallast)
    }

    /// The end of the initial events of a kind.
    static func bookmark(_ apiVersion: String, _ kind: String, version: Int) throws -> [UInt8] {
        var object = WireAnyObject()
        object.metadata.resourceVersion = "\(version)"
        object.metadata.annotations = ["k8s.io/initial-events-end": Data("true".utf8)]
        return try envelope(apiVersion, kind, object.serializedBytes())
    }

    /// A frame of a watch: its length, then a WatchEvent.
    static func frame(_ type: String, _ object: [UInt8]) throws -> [UInt8] {
        var event = WireWatchEvent()
        event.type = type
        event.object.raw = Data(object)
        let bytes: [UInt8] = try event.serializedBytes()
        return (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (24 - 8 * $0)) } + bytes
    }

    private func metadata(_ name: String, _ version: Int) -> WireObjectMeta {
        var metadata = WireObjectMeta()
        (metadata.name, metadata.namespace, metadata.resourceVersion) = (name, "default", "\(version)")
        metadata.uid = "6f0e3c0a-5d9f-4c39-8a44-5b2f6f8d2c11"
        metadata.creationTimestamp.seconds = 1_795_000_000
        return metadata
    }

    private func object(
        _ apiVersion: String, _ kind: String, _ message: some Message, _ ballast: Int
    ) throws -> [UInt8] {
        var bytes: [UInt8] = try message.serializedBytes()
        // Field 1000, of which nobody knows: length-delimited.
        bytes += [0xc2, 0x3e, UInt8(0x80 | ballast & 0x7f), UInt8(ballast >> 7)]
        bytes += [UInt8](repeating: UInt8(ascii: "m"), count: ballast)
        return try Self.envelope(apiVersion, kind, bytes)
    }

    private static func envelope(_ apiVersion: String, _ kind: String, _ raw: [UInt8]) throws -> [UInt8] {
        var unknown = WireUnknown()
        unknown.typeMeta.apiVersion = apiVersion
        unknown.typeMeta.kind = kind
        unknown.raw = Data(raw)
        let bytes: [UInt8] = try unknown.serializedBytes()
        return Array("k8s\0".utf8) + bytes
    }

    private func address(_ value: Int) -> String {
        "\(value >> 24 & 255).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }
}
