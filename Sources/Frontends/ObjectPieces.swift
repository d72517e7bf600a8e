package import KubeModel

/// The objects of a delivery in pieces that can be put in force one after the other: what all depend on first, then Services,
/// each with its endpoints.
///
/// Services that are gone come before those that may take their place, slices that are gone after those that may hold the
/// same endpoints.
///
/// The first piece is small, so that whoever works on it begins soon; each is twice as large as the one before, up to a
/// limit, so that nobody works on one for long.
package struct ObjectPieces {
    private let changes: [ObjectChange]
    /// Indices of `changes`, in the order in which they are taken in.
    private var order: [Int] = []
    private var next = 0
    private var limit = Self.firstLimit

    /// Endpoints and Services in a piece.
    private static let firstLimit = 1000
    private static let lastLimit = 12_000

    /// - Parameter changes: each object once.
    package init(_ changes: [ObjectChange]) {
        self.changes = changes
        order.reserveCapacity(changes.count)
        var endpoints: [NamespacedName: [Int]] = [:]
        var services: [Int] = []
        var goneEndpoints: [Int] = []
        for index in changes.indices {
            switch changes[index] {
            case .set(.service): services.append(index)
            case .set(.endpointSlice(let slice)):
                if let service = slice.service {
                    endpoints[service, default: []].append(index)
                } else {
                    order.append(index)
                }
            case .set(.endpoints(let object)): endpoints[object.name, default: []].append(index)
            case .set(.node), .set(.serviceCIDR): order.append(index)
            case .removed(let id):
                if id.kind == .endpointSlice || id.kind == .endpoints {
                    goneEndpoints.append(index)
                } else {
                    order.append(index)
                }
            }
        }
        for index in services {
            if case .set(.service(let service)) = changes[index], let own = endpoints.removeValue(forKey: service.name)
            {
                order += own
            }
            order.append(index)
        }
        // Of Services that are there already, or not yet.
        for indices in endpoints.values { order += indices }
        order += goneEndpoints
    }

    /// Hands over the next piece's objects, one after the other.
    ///
    /// - Returns: false where there is no more.
    package mutating func takePiece(_ body: (ObjectChange) -> Void) -> Bool {
        if next == order.count { return false }
        var size = 0
        // Of the Service that comes next.
        var endpoints = 0
        while next < order.count, size + endpoints < limit {
            let change = changes[order[next]]
            if case .set(.service(let service)) = change {
                size += 1 + endpoints * service.addresses
                endpoints = 0
            } else {
                endpoints += change.size
            }
            body(change)
            next += 1
        }
        limit = min(2 * limit, Self.lastLimit)
        return true
    }
}

extension Service {
    /// At how many addresses its endpoints stand, roughly.
    fileprivate var addresses: Int { (type == .clusterIP ? 1 : 2) + externalIPs.count + loadBalancerIPs.count }
}

extension ObjectChange {
    fileprivate var size: Int {
        switch self {
        case .set(.endpointSlice(let slice)): slice.endpoints.count * max(slice.ports.count, 1)
        case .set(.endpoints(let object)): object.subsets.reduce(0) { $0 + $1.endpoints.count * max($1.ports.count, 1) }
        default: 1
        }
    }
}
