import KubeModel
import NetworkTypes
import TestSupport

/// A cluster whose objects come, change and go at random, with names and addresses few enough to collide.
struct RandomCluster {
    private(set) var objects: [ObjectID: KubeObject] = [:]
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Changes between one and three objects.
    mutating func step() -> [ObjectChange] {
        let changes = (0..<Int.random(in: 1...3, using: &generator)).map { _ in changeOne() }
        // As a source delivers them: each object once.
        return changes.enumerated().filter { index, change in
            !changes[(index + 1)...].contains { $0.id == change.id }
        }.map(\.element)
    }

    private mutating func changeOne() -> ObjectChange {
        if Int.random(in: 0..<4, using: &generator) == 0,
            let id = objects.keys.sorted(by: { "\($0)" < "\($1)" }).randomElement(using: &generator)
        {
            objects[id] = nil
            return .removed(id)
        }
        let object =
            switch Int.random(in: 0..<22, using: &generator) {
            case 0..<8: KubeObject.service(service())
            case 8..<18: KubeObject.endpointSlice(slice())
            case 18, 19: KubeObject.endpoints(endpoints())
            case 20: KubeObject.node(node())
            default: KubeObject.serviceCIDR(serviceCIDR())
            }
        objects[object.id] = object
        return .set(object)
    }

    private mutating func name() -> NamespacedName {
        NamespacedName(namespace: pick(["a", "b"]), name: pick(["web", "dns", "db", "api"]))
    }

    private mutating func service() -> Service {
        let dual = pick([true, false])
        let suffix = pick(Array(1...6))
        var addresses = [IPAddress(family: .ipv4, value: UInt128(0x0a60_0000 + suffix))]
        if dual { addresses.append(v6(0xfd00_0096, UInt128(suffix))) }
        if pick([true, false, false, false]) { addresses.removeFirst() }
        let ports = [
            ServicePort(name: "", proto: .tcp, port: 80, nodePort: pick([0, 0, 30080, 30081])),
            ServicePort(name: "dns", proto: .udp, port: 53, nodePort: pick([0, 30053])),
            ServicePort(name: "alt", proto: pick([.tcp, .sctp]), port: pick([80, 8080])),
        ]
        return Service(
            name: name(), creationTimestamp: pick([nil, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]),
            type: pick([.clusterIP, .clusterIP, .nodePort, .loadBalancer, .externalName]), clusterIPs: addresses,
            isHeadless: pick([true, false, false, false, false, false]),
            externalIPs: pick([[], [v4(0xc633_6401)], [v4(0xc633_6401), v6(0x2001_0db8, 7)]]),
            loadBalancerIPs: pick([[], [v4(0xc633_6402)], [v6(0x2001_0db8, 8)], [v4(0xc633_6403)]]),
            loadBalancerSourceRanges: pick(
                [[], [cidr("192.0.2.0/24"), cidr("10.9.0.0/16"), cidr("2001:db8::/32")], [cidr("10.0.0.0/8")]]),
            ports: Array(ports.shuffled(using: &generator).prefix(pick([1, 2, 3]))),
            internalTrafficPolicy: pick([.cluster, .cluster, .local]),
            externalTrafficPolicy: pick([.cluster, .local]),
            affinityTimeoutSeconds: pick([nil, nil, nil, 60, 10_800]))
    }

    private mutating func slice() -> EndpointSlice {
        let service = name()
        let family: IPFamily = pick([.ipv4, .ipv4, .ipv6])
        return EndpointSlice(
            name: NamespacedName(namespace: service.namespace, name: service.name + pick(["-1", "-2", "-3"])),
            service: pick([true, true, true, true, false]) ? service : nil, family: family,
            ports: [
                EndpointPort(name: "", proto: .tcp, port: pick([8080, 8081])),
                EndpointPort(name: "dns", proto: .udp, port: 53),
                EndpointPort(name: "alt", proto: .tcp, port: 9090),
            ], endpoints: (0..<pick([0, 1, 2, 3, 5, 80])).map { _ in endpoint(family) })
    }

    private mutating func endpoint(_ family: IPFamily) -> Endpoint {
        let host = UInt128(pick(Array(1...90)))
        let address = family == .ipv4 ? v4(0x0af4_0000 + host) : v6(0xfd00_0244, host)
        let terminates = pick([false, false, false, true])
        return Endpoint(
            address: address, ready: !terminates && pick([true, true, true, false]),
            serving: pick([true, true, false]),
            terminating: terminates, nodeName: pick(["here", "there", nil]),
            zoneHints: pick([[], ["a"], ["b"], ["a", "b"]]), nodeHints: pick([[], [], ["here"], ["there"]]))
    }

    private mutating func endpoints() -> Endpoints {
        let ports = [EndpointPort(name: "", proto: .tcp, port: 8082)]
        return Endpoints(
            name: name(),
            subsets: [Endpoints.Subset(endpoints: [endpoint(.ipv4), endpoint(.ipv6), endpoint(.ipv4)], ports: ports)])
    }

    private mutating func node() -> Node {
        Node(
            name: pick(["here", "here", "there"]), labels: ["topology.kubernetes.io/zone": pick(["a", "b", "c"])],
            addresses: pick([[], [v4(0x0a09_0001)], [v4(0x0a09_0001), v6(0xfd00_0030, 1)]]),
            podCIDRs: pick([[], [cidr("10.244.0.0/24")]]))
    }

    private mutating func serviceCIDR() -> ServiceCIDR {
        ServiceCIDR(
            name: pick(["one", "two"]),
            cidrs: pick([[cidr("10.96.0.0/16")], [cidr("10.96.0.0/12"), cidr("fd00:96::/112")], []]))
    }

    private func cidr(_ text: String) -> CIDR { CIDR(text)! }

    private func v4(_ value: UInt128) -> IPAddress { IPAddress(family: .ipv4, value: value) }

    private func v6(_ prefix: UInt128, _ suffix: UInt128) -> IPAddress {
        IPAddress(family: .ipv6, value: prefix << 96 | suffix)
    }

    private mutating func pick<T>(_ choices: [T]) -> T { choices.randomElement(using: &generator)! }
}
