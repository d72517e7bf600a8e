import Daemons
import Frontends
import KubeModel
import NetworkTypes

/// At which of the node's addresses and ports load balancers ask for which Service.
struct HealthCheckPlan {
    /// Who is asked for at an endpoint, in which family.
    private(set) var asked: [HTTPEndpoint: NamespacedName] = [:]
    /// Ports that several Services want; the first in the order of their names has each.
    private(set) var contested: [UInt16: [NamespacedName]] = [:]
    private var checks: [NamespacedName: HealthCheck] = [:]
    private var ranges: [IPFamily: [AddressRange]] = [:]
    private var ownAddresses: Set<IPAddress> = []

    struct Steps {
        var ended: [HTTPEndpoint] = []
        var begun: [HTTPEndpoint] = []
    }

    func localEndpoints(of service: NamespacedName, _ family: IPFamily) -> Int {
        checks[service]?.localEndpoints[family] ?? 0
    }

    /// - Parameters:
    ///   - changes: nil for a Service that nobody asks for any more.
    ///   - ranges: of the addresses on which node ports answer.
    mutating func take(_ changes: [NamespacedName: HealthCheck?], _ ranges: [IPFamily: [AddressRange]]) -> Steps {
        var isOther = ranges != self.ranges
        self.ranges = ranges
        for (name, check) in changes {
            let old = checks[name]
            checks[name] = check
            if old?.port != check?.port || old?.localEndpoints.keys != check?.localEndpoints.keys { isOther = true }
        }
        return isOther ? plan() : Steps()
    }

    mutating func set(ownAddresses: Set<IPAddress>) -> Steps {
        if ownAddresses == self.ownAddresses { return Steps() }
        self.ownAddresses = ownAddresses
        return plan()
    }

    private mutating func plan() -> Steps {
        var byPort: [UInt16: [NamespacedName]] = [:]
        for (name, check) in checks { byPort[check.port, default: []].append(name) }
        contested = byPort.filter { $0.value.count > 1 }.mapValues { $0.sorted() }
        var wanted: [HTTPEndpoint: NamespacedName] = [:]
        for family in IPFamily.allCases {
            let addresses = addresses(family)
            for (port, names) in byPort {
                guard let name = names.min(), checks[name]?.localEndpoints[family] != nil else { continue }
                for address in addresses { wanted[HTTPEndpoint(address, port)] = name }
            }
        }
        defer { asked = wanted }
        return Steps(
            ended: asked.keys.filter { wanted[$0] == nil },
            begun: wanted.filter { asked[$0.key] != $0.value }.map(\.key))
    }

    /// One that stands for all, or each.
    ///
    /// A range of one address is what the Node says of itself: where the machine does not have it, people should hear of it.
    private func addresses(_ family: IPFamily) -> [IPAddress] {
        let ranges = ranges[family] ?? [.everything(family)]
        if ranges == [.everything(family)] { return [IPAddress(family: family, value: 0)] }
        let named = ranges.filter { $0.first == $0.last }.map { IPAddress(family: family, value: $0.first) }
        let own = ownAddresses.filter { address in
            address.family == family && !address.isLoopback && ranges.contains { $0.contains(address.value) }
        }
        return Array(own.union(named))
    }
}
