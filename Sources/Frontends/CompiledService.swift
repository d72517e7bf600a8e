import KubeModel
import NetworkTypes

/// What a Service asks for: its ports, which become pools, and the frontends of each.
struct CompiledService {
    struct Entry {
        let frontend: Frontend
        let port: PortKey
        let masquerade: Masquerade
        let owner: String
    }

    let creationTimestamp: String?
    /// Sorted, none twice.
    private(set) var ports: [PortKey] = []
    /// No frontend twice: a cluster IP that is also listed as an external IP is a cluster IP.
    private(set) var entries: [Entry] = []

    /// Empty for a Service that has no cluster IP or belongs to another proxy.
    ///
    /// A family without a cluster IP has no frontends at all, as kube-proxy has it.
    init(_ service: Service) {
        creationTimestamp = service.creationTimestamp
        guard service.type != .externalName, !service.isHeadless,
            service.labels[Self.foreignProxyLabel] == nil
        else { return }
        var seen: Set<Frontend> = []
        for family in IPFamily.allCases {
            guard let clusterIP = service.clusterIPs.first(where: { $0.family == family }) else { continue }
            for port in service.ports {
                let key = PortKey(name: port.name, proto: port.proto, family: family)
                if !ports.contains(key) { ports.append(key) }
                let owner = port.name.isEmpty ? "\(service.name)" : "\(service.name):\(port.name)"
                func add(_ destination: Frontend.Destination, _ number: UInt16, _ masquerade: Masquerade) {
                    let frontend = Frontend(destination, port.proto, number)
                    guard seen.insert(frontend).inserted else { return }
                    entries.append(Entry(frontend: frontend, port: key, masquerade: masquerade, owner: owner))
                }
                add(.address(clusterIP), port.port, .fromOutsideCluster)
                for address in service.externallyReachedIPs where address.family == family {
                    add(.address(address), port.port, .always)
                }
                if port.nodePort != 0 { add(.nodePort(family), port.nodePort, .always) }
            }
        }
        ports.sort()
    }

    /// Services with this label are another proxy's.
    static let foreignProxyLabel = "service.kubernetes.io/service-proxy-name"
}

extension Service {
    /// External IPs and load balancer IPs.
    ///
    /// Source ranges are not enforced yet, so a load balancer IP that has some is not served at all: it is better closed
    /// than open to everybody.
    fileprivate var externallyReachedIPs: [IPAddress] {
        loadBalancerSourceRanges.isEmpty ? externalIPs + loadBalancerIPs : externalIPs
    }

    /// The fields of this Service that Fairway does not honour yet, each as a sentence for the log.
    package var limitations: [String] {
        var sentences: [String] = []
        if affinityTimeoutSeconds != nil {
            sentences.append("spec.sessionAffinity ClientIP is not honoured yet: every connection picks anew")
        }
        if externalTrafficPolicy == .local {
            sentences.append("spec.externalTrafficPolicy Local is served as Cluster yet: the source IP is masqueraded")
        }
        if internalTrafficPolicy == .local {
            sentences.append(
                "spec.internalTrafficPolicy Local is served as Cluster yet: other nodes' endpoints are used")
        }
        if !loadBalancerSourceRanges.isEmpty {
            sentences.append(
                "spec.loadBalancerSourceRanges is not enforced yet, so its load balancer IPs are not served")
        }
        return sentences
    }
}
