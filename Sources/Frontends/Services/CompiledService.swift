import KubeModel
import NetworkTypes

/// Some of a Service port's backends.
struct PoolKey: Hashable, Comparable {
    enum Scope: UInt8 {
        case cluster
        /// This node's.
        case local
    }

    let port: PortKey
    let scope: Scope

    static func < (a: PoolKey, b: PoolKey) -> Bool { (a.port, a.scope.rawValue) < (b.port, b.scope.rawValue) }
}

/// What a Service asks for: the frontends of each of its ports, and the pools that they choose from.
struct CompiledService {
    struct Entry {
        let frontend: Frontend
        let port: PortKey
        /// Whose backends serve it.
        let scope: PoolKey.Scope
        /// Who comes from outside is served by this node's backends only.
        let keepsOutsidersLocal: Bool
        let masquerade: Masquerade
        let sources: [AddressRange]
        let owner: String
    }

    let creationTimestamp: String?
    /// No frontend twice: a cluster IP that is also listed as an external IP is a cluster IP.
    private(set) var entries: [Entry] = []
    /// How long a client stays with its backend; nil where every connection chooses anew.
    private(set) var affinitySeconds: UInt32?
    /// Where load balancers ask for it; nil where they do not.
    private(set) var healthCheckPort: UInt16?
    /// Of the families that it serves.
    private(set) var clusterIPs: [IPAddress] = []
    /// The Service itself where what it means depends on the node's addresses; one at most, in an array because it is large
    /// and nearly always missing.
    private(set) var ranged: [Service] = []

    /// Empty for a Service that has no cluster IP or belongs to another proxy.
    ///
    /// A family without a cluster IP has no frontends at all, as kube-proxy has it.
    ///
    /// - Parameter nodeAddresses: the own Node's, as far as they are known.
    init(_ service: Service, nodeAddresses: [IPAddress]) {
        creationTimestamp = service.creationTimestamp
        guard service.type != .externalName, !service.isHeadless, !service.isOfAnotherProxy else { return }
        if !service.loadBalancerSourceRanges.isEmpty { ranged = [service] }
        healthCheckPort = service.healthCheckPort
        affinitySeconds = service.affinityTimeoutSeconds.map { UInt32(clamping: $0) }
        var seen: Set<Frontend> = []
        for family in IPFamily.allCases {
            guard let clusterIP = service.clusterIPs.first(where: { $0.family == family }) else { continue }
            clusterIPs.append(clusterIP)
            for port in service.ports {
                let key = PortKey(name: port.name, proto: port.proto, family: family)
                let owner = port.name.isEmpty ? "\(service.name)" : "\(service.name):\(port.name)"
                func add(
                    _ destination: Frontend.Destination, _ number: UInt16, isExternal: Bool = true,
                    sources: [AddressRange] = []
                ) {
                    let frontend = Frontend(destination, port.proto, number)
                    guard seen.insert(frontend).inserted else { return }
                    entries.append(
                        Entry(
                            frontend: frontend, port: key,
                            scope: !isExternal && service.internalTrafficPolicy == .local ? .local : .cluster,
                            keepsOutsidersLocal: isExternal && service.externalTrafficPolicy == .local,
                            masquerade: isExternal ? .always : .fromOutsideCluster, sources: sources, owner: owner))
                }
                add(.address(clusterIP), port.port, isExternal: false)
                for address in service.externalIPs where address.family == family { add(.address(address), port.port) }
                for address in service.loadBalancerIPs where address.family == family {
                    add(.address(address), port.port, sources: service.sources(of: address, nodeAddresses))
                }
                if port.nodePort != 0 { add(.nodePort(family), port.nodePort) }
            }
        }
    }

    /// Some connections to it only this node's endpoints may serve.
    var hasLocalTraffic: Bool { entries.contains { $0.scope == .local || $0.keepsOutsidersLocal } }

    /// The pools that its frontends choose from, sorted, none twice.
    var pools: [PoolKey] {
        Self.unique(
            entries.map { PoolKey(port: $0.port, scope: $0.scope) }
                + entries.filter(\.keepsOutsidersLocal).map { PoolKey(port: $0.port, scope: .local) })
    }

    /// The ports that have frontends, sorted, none twice.
    var ports: [PortKey] { Self.unique(entries.map(\.port)) }

    /// Nearly always there is one.
    private static func unique<Key: Hashable & Comparable>(_ keys: [Key]) -> [Key] {
        keys.count < 2 ? keys : Set(keys).sorted()
    }
}

extension Service {
    /// Who may connect to a load balancer's address; empty for everybody.
    ///
    /// Where the node may, the address itself may too: it is the source of what the node sends to an address of its own.
    fileprivate func sources(of address: IPAddress, _ nodeAddresses: [IPAddress]) -> [AddressRange] {
        let ranges = loadBalancerSourceRanges.filter { $0.family == address.family }
        if ranges.contains(where: { $0.prefixLength == 0 }) { return [] }
        var sources = ranges.map(AddressRange.init)
        if nodeAddresses.contains(where: { node in
            node.family == address.family && sources.contains { $0.contains(node.value) }
        }) {
            sources.append(AddressRange(address.value, address.value))
        }
        return AddressRange.merged(sources)
    }
}
