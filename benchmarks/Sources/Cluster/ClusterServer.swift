import Synchronization
import TestAPIServer
import TestSupport

/// An API server for one daemon: it has all objects ready as bytes, and sends changes when it is told to.
final class ClusterServer: Sendable {
    private enum Kind: String, CaseIterable {
        case services, endpointslices, nodes, servicecidrs

        var type: (apiVersion: String, kind: String) {
            switch self {
            case .services: ("v1", "Service")
            case .endpointslices: ("discovery.k8s.io/v1", "EndpointSlice")
            case .nodes: ("v1", "Node")
            case .servicecidrs: ("networking.k8s.io/v1", "ServiceCIDR")
            }
        }
    }

    /// A kind's objects as the frames of a watch, the end of the initial ones among them.
    private let initial: [Kind: [UInt8]]
    private let changes = AsyncStream.makeStream(of: [UInt8].self)

    /// Bytes that go out in one chunk.
    private static let chunk = 1 << 16

    init(_ objects: ClusterObjects) throws {
        var initial: [Kind: [UInt8]] = [:]
        for kind in Kind.allCases {
            var bytes: [UInt8] = []
            for number in 0..<objects.services {
                switch kind {
                case .services: bytes += try ClusterObjects.frame("ADDED", objects.service(number, version: number + 1))
                case .endpointslices:
                    bytes += try ClusterObjects.frame("ADDED", objects.slice(number, version: number + 1))
                case .nodes, .servicecidrs: break
                }
            }
            bytes += try ClusterObjects.frame(
                "BOOKMARK",
                ClusterObjects.bookmark(kind.type.apiVersion, kind.type.kind, version: objects.services))
            initial[kind] = bytes
        }
        self.initial = initial
    }

    /// Bytes of all initial objects.
    var size: Int { initial.values.reduce(0) { $0 + $1.count } }

    /// Sends a slice's new version to whoever watches.
    func send(_ slice: [UInt8]) throws { changes.continuation.yield(try ClusterObjects.frame("MODIFIED", slice)) }

    func start(_ identity: TestIdentity?, in namespace: NetNS) async throws -> TestAPIServer {
        try await TestAPIServer(identity, in: namespace) { [self] request, response in
            guard let kind = Kind(rawValue: String(request.path.split(separator: "/").last ?? "")) else {
                return try await response.answer(201, "{}")
            }
            // One that begins behind what is known hears of nothing more: only the first watch matters here.
            try await response.begin(type: "application/vnd.kubernetes.protobuf;stream=watch")
            var rest = (initial[kind] ?? [])[...]
            while !rest.isEmpty {
                try await response.chunk(Array(rest.prefix(Self.chunk)))
                rest = rest.dropFirst(Self.chunk)
            }
            if kind == .endpointslices {
                for await frame in changes.stream { try await response.chunk(frame) }
            } else {
                try await Task.sleep(for: .seconds(3600))
            }
        }
    }
}
