/// An object of one of the kinds that Fairway reads.
package enum KubeObject: Sendable, Hashable {
    case service(Service)
    case endpointSlice(EndpointSlice)
    case endpoints(Endpoints)
    case node(Node)
    case serviceCIDR(ServiceCIDR)

    package var id: ObjectID {
        switch self {
        case .service(let object): ObjectID(kind: .service, name: object.name)
        case .endpointSlice(let object): ObjectID(kind: .endpointSlice, name: object.name)
        case .endpoints(let object): ObjectID(kind: .endpoints, name: object.name)
        case .node(let object): ObjectID(kind: .node, name: NamespacedName(namespace: "", name: object.name))
        case .serviceCIDR(let object):
            ObjectID(kind: .serviceCIDR, name: NamespacedName(namespace: "", name: object.name))
        }
    }
}

/// Which object: its kind and its name.
package struct ObjectID: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case service = "Service"
        case endpointSlice = "EndpointSlice"
        case endpoints = "Endpoints"
        case node = "Node"
        case serviceCIDR = "ServiceCIDR"

        /// The version in which Fairway reads this kind.
        package var apiVersion: String {
            switch self {
            case .service, .endpoints, .node: "v1"
            case .endpointSlice: "discovery.k8s.io/v1"
            case .serviceCIDR: "networking.k8s.io/v1"
            }
        }

        /// True where objects have a name only, and no namespace.
        package var isClusterWide: Bool { self == .node || self == .serviceCIDR }
    }

    package let kind: Kind
    /// A cluster-wide object, such as a Node, has an empty namespace.
    package let name: NamespacedName

    package init(kind: Kind, name: NamespacedName) {
        self.kind = kind
        self.name = name
    }
}

extension ObjectID: CustomStringConvertible {
    package var description: String {
        name.namespace.isEmpty ? "\(kind.rawValue) \(name.name)" : "\(kind.rawValue) \(name)"
    }
}

/// What a source says about one object.
package enum ObjectChange: Sendable, Hashable {
    /// The object exists with this content.
    case set(KubeObject)
    /// The object is gone.
    case removed(ObjectID)

    package var id: ObjectID {
        switch self {
        case .set(let object): object.id
        case .removed(let id): id
        }
    }

    /// Several deliveries as one: each object once, as the last one has it.
    ///
    /// - Parameter deliveries: each object once in each of them.
    package static func folded(_ deliveries: [[ObjectChange]]) -> [ObjectChange] {
        deliveries.count < 2 ? deliveries.first ?? [] : lastOfEach(deliveries.flatMap(\.self))
    }

    /// Each object once, with its last change, in the order of those.
    package static func lastOfEach(_ changes: [ObjectChange]) -> [ObjectChange] {
        if changes.count < 2 { return changes }
        var seen = Set<ObjectID>(minimumCapacity: changes.count)
        return changes.reversed().filter { seen.insert($0.id).inserted }.reversed()
    }
}
