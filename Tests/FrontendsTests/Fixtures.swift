import Frontends
import KubeModel
import NetworkTypes

func address(_ text: String) -> IPAddress { IPAddress(text)! }

func backend(_ text: String, _ port: UInt16) -> Backend { Backend(address(text), port) }

func name(_ text: String) -> NamespacedName { NamespacedName(namespace: "default", name: text) }

func service(
    _ text: String, _ clusterIPs: [String] = ["10.96.0.1"], ports: [ServicePort] = [ServicePort(port: 80)],
    created: String? = nil, _ change: (inout Service) -> Void = { _ in }
) -> ObjectChange {
    var service = Service(
        name: name(text), creationTimestamp: created, clusterIPs: clusterIPs.map(address), ports: ports)
    change(&service)
    return .set(.service(service))
}

func slice(
    _ text: String, of owner: String?, _ endpoints: [Endpoint], ports: [EndpointPort] = [EndpointPort(port: 8080)]
) -> ObjectChange {
    .set(
        .endpointSlice(
            EndpointSlice(
                name: name(text), service: owner.map(name), family: endpoints.first?.address.family ?? .ipv4,
                ports: ports, endpoints: endpoints)))
}

func ready(_ addresses: String..., node: String? = nil) -> [Endpoint] {
    addresses.map { Endpoint(address: address($0), nodeName: node) }
}

/// The rules as a reader sees them, followed from change to change.
struct Observed {
    private var rules = FrontendModel(nodeName: "here")
    private var pools: [PoolID: Set<Backend>] = [:]
    private(set) var frontends: [Frontend: FrontendPolicy] = [:]
    private(set) var localEndpoints: Set<IPAddress> = []
    private(set) var clusterIPs: Set<IPAddress> = []
    /// With the number of objects that name them.
    private(set) var endpointAddresses: [IPAddress: Int] = [:]
    private(set) var networks: [CIDR] = []
    private(set) var node: NodeFacts?
    /// The steps of the last call.
    private(set) var lastChanges: [FrontendChange] = []

    mutating func apply(_ changes: ObjectChange...) {
        for change in changes { rules.apply(change) }
        lastChanges = rules.takeChanges()
        for change in lastChanges + rules.takeAddressChanges() { follow(change) }
    }

    private mutating func follow(_ change: FrontendChange) {
        switch change {
        case .poolAdded(let id, let backends):
            precondition(Set(backends).count == backends.count && pools[id] == nil)
            pools[id] = Set(backends)
        case .poolRemoved(let id):
            precondition(
                pools.removeValue(forKey: id) != nil && !frontends.values.contains { $0.pool == id || $0.local == id })
        case .backendAdded(let id, let backend): precondition(pools[id]?.insert(backend).inserted == true)
        case .backendRemoved(let id, let backend): precondition(pools[id]?.remove(backend) != nil)
        case .frontendSet(let frontend, let policy): frontends[frontend] = policy
        case .frontendRemoved(let frontend): precondition(frontends.removeValue(forKey: frontend) != nil)
        case .clusterIPAdded(let address): precondition(clusterIPs.insert(address).inserted)
        case .clusterIPRemoved(let address): precondition(clusterIPs.remove(address) != nil)
        case .endpointAddressesChanged(let removed, let added):
            for address in added { endpointAddresses[address, default: 0] += 1 }
            for address in removed {
                let left = (endpointAddresses[address] ?? 0) - 1
                precondition(left >= 0)
                endpointAddresses[address] = left == 0 ? nil : left
            }
        case .endpointAddressesComplete: break
        case .serviceNetworksSet(let cidrs): networks = cidrs
        case .nodeSet(let facts): node = facts
        case .localEndpointAdded(let address): precondition(localEndpoints.insert(address).inserted)
        case .localEndpointRemoved(let address): precondition(localEndpoints.remove(address) != nil)
        }
    }

    /// The backends of a frontend; nil where it is none.
    func backends(_ frontend: Frontend) -> Set<Backend>? { frontends[frontend].flatMap { pools[$0.pool] } }

    /// This node's backends of a frontend that keeps outsiders here; nil where it does not.
    func localBackends(_ text: String, _ port: UInt16 = 80) -> Set<Backend>? {
        frontends[Frontend(.address(address(text)), .tcp, port)]?.local.flatMap { pools[$0] }
    }

    func policy(_ text: String, _ port: UInt16 = 80) -> FrontendPolicy? {
        frontends[Frontend(.address(address(text)), .tcp, port)]
    }

    func backends(_ text: String, _ port: UInt16 = 80, _ proto: TransportProtocol = .tcp) -> Set<Backend>? {
        backends(Frontend(.address(address(text)), proto, port))
    }

    mutating func takeHealthChecks() -> HealthCheckChanges? { rules.takeHealthChecks() }

    mutating func takeContests() -> [Contest] { rules.takeContests() }
}
