import ArgumentParser
import KubeModel
import NetworkTypes

/// Services that are alike, each with its endpoints in one slice, and changes to them.
struct Workload {
    enum Mix: String, CaseIterable, ExpressibleByArgument {
        /// A cluster IP each.
        case clusterIP = "cluster-ip"
        /// Of twenty Services two with node ports, one with a load balancer's address, one with affinity.
        case mixed
        /// A cluster IP each, and affinity.
        case affinity
    }

    /// What happens to one Service.
    enum Step: String, CaseIterable, ExpressibleByArgument {
        case endpointReplaced = "endpoint-replaced"
        /// And the removal that takes it back.
        case endpointAdded = "endpoint-added"
        case endpointRemoved = "endpoint-removed"
        /// With its endpoints, and the removal of the whole.
        case serviceAdded = "service-added"
        case serviceRemoved = "service-removed"
    }

    let services: Int
    let endpoints: Int
    var mix = Mix.clusterIP

    /// All Services and their slices.
    var objects: [ObjectChange] { (0..<services).flatMap { [.set(slice($0)), .set(service($0))] } }

    /// What the first of pairs of steps and the second do in a round, from 1; a step that takes nothing back is its own pair.
    func pair(_ step: Step, _ round: Int) -> (first: [ObjectChange], second: [ObjectChange]) {
        // A prime, so that one Service comes after another that lies elsewhere in memory.
        let number = (round &* 7919) % services
        switch step {
        case .endpointReplaced: return ([.set(slice(number, round: round))], [])
        case .endpointAdded, .endpointRemoved:
            return ([.set(slice(number, count: endpoints + 1))], [.set(slice(number))])
        case .serviceAdded, .serviceRemoved:
            let new = services + round % 1000
            let objects = [slice(new), service(new)]
            return (objects.map { .set($0) }, objects.reversed().map { .removed($0.id) })
        }
    }

    func name(_ number: Int) -> NamespacedName { NamespacedName(namespace: "bench", name: "service-\(number)") }

    func service(_ number: Int) -> KubeObject {
        var service = Service(
            name: name(number), clusterIPs: [address(0x0a60_0000 + number)], ports: [ServicePort(port: 80)])
        if mix == .affinity { service.affinityTimeoutSeconds = 10_800 }
        guard mix == .mixed else { return .service(service) }
        let (group, place) = (number / 20, number % 20)
        switch place {
        case 0, 1:
            service.type = .nodePort
            service.ports[0].nodePort = UInt16(10_000 + 2 * group + place)
        case 2:
            service.type = .loadBalancer
            service.ports[0].nodePort = UInt16(40_000 + group)
            service.loadBalancerIPs = [address(0x0a70_0000 + number)]
        case 3: service.affinityTimeoutSeconds = 10_800
        default: break
        }
        return .service(service)
    }

    /// - Parameters:
    ///   - round: from 1 on the first endpoint is another in each round.
    ///   - count: of endpoints; nil for as many as all have.
    func slice(_ number: Int, round: Int = 0, count: Int? = nil) -> KubeObject {
        let list = (0..<(count ?? endpoints)).map { slot in
            let value =
                if slot == 0 && round > 0 {
                    0x0c00_0000 + round
                } else {
                    slot < endpoints ? 0x0b00_0000 + number * endpoints + slot : 0x0d00_0000 + number
                }
            return Endpoint(address: address(value), nodeName: "there")
        }
        return .endpointSlice(
            EndpointSlice(
                name: NamespacedName(namespace: "bench", name: "service-\(number)-x"), service: name(number),
                family: .ipv4, ports: [EndpointPort(port: 8080)], endpoints: list))
    }

    private func address(_ value: Int) -> IPAddress { IPAddress(family: .ipv4, value: UInt128(value)) }
}
