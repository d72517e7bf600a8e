package import Attachments
import NFTables
import NetworkTypes

/// A host port in one family, as bind(2) sees it.
///
/// The elements that serve it are made when they are asked for: most who look at a claim look at its port.
struct PortClaim {
    /// What wildcard and specific addresses contend for.
    struct Port: Hashable {
        let family: IPFamily
        let proto: TransportProtocol
        let number: UInt16
    }

    let port: Port
    /// nil for every local address of the family.
    let address: IPAddress?
    let mapping: HostPort
    fileprivate let pod: CIDR
    fileprivate let demand: PodDemand
}

/// An attachment's demand with the host ports that it comes to, listed once for all who look at them.
package struct PodClaims {
    package let demand: PodDemand
    let ports: [PortClaim]

    package init(_ demand: PodDemand) {
        self.demand = demand
        ports = demand.portClaims
    }

    /// The host ports that need one of the elements.
    func hostPorts(of elements: [TableElement]) -> [HostPort] {
        let elements = Set(elements)
        let needing = Set(ports.filter { !elements.isDisjoint(with: $0.elements) }.map(\.mapping))
        return demand.ports.filter { needing.contains($0) }
    }
}

extension PodDemand {
    /// The host ports of both families; one on an address of the family in which the pod has none is left out.
    fileprivate var portClaims: [PortClaim] {
        IPFamily.allCases.flatMap { family -> [PortClaim] in
            guard let pod = addresses.first(where: { $0.family == family }) else { return [] }
            return ports.compactMap { claim($0, for: pod) }
        }
    }

    private func claim(_ mapping: HostPort, for pod: CIDR) -> PortClaim? {
        let family = pod.family
        if let address = mapping.hostAddress, address.family != family { return nil }
        let address = mapping.hostAddress.flatMap { $0.isUnspecified ? nil : $0 }
        if let address, address.isLoopback, !(onLoopback && family == .ipv4) { return nil }
        return PortClaim(
            port: PortClaim.Port(family: family, proto: mapping.proto, number: mapping.hostPort), address: address,
            mapping: mapping, pod: pod, demand: self)
    }
}

extension PortClaim.Port {
    /// Whether an element leads the port's packets somewhere.
    func isServed(by element: TableElement) -> Bool {
        guard element.place.family == TableFamily(family) else { return false }
        let key: [UInt32] = .proto(proto) + .port(number)
        switch element.place.set {
        case TableLayout.hostPorts: return element.place.key == key
        case TableLayout.hostAddressPorts: return element.place.key.suffix(key.count) == key[...]
        default: return false
        }
    }
}

extension PortClaim {
    /// The elements that serve the port.
    var elements: [TableElement] {
        let family = port.family
        let isOnLoopback = demand.onLoopback && family == .ipv4
        let comment = ElementComment.fitting(demand.owner.description)
        let data: [UInt32] = .address(pod.address) + .port(mapping.containerPort)
        let place: [UInt32] = .proto(mapping.proto) + .port(mapping.hostPort)
        var elements: [TableElement] = []
        func serve(on address: IPAddress) {
            elements.append(
                TableElement(
                    TableFamily(family), TableLayout.hostAddressPorts, .address(address) + place, data: data, comment))
        }
        if let address {
            serve(on: address)
        } else {
            elements.append(TableElement(TableFamily(family), TableLayout.hostPorts, place, data: data, comment))
            if isOnLoopback { serve(on: .v4(Self.loopback)) }
        }
        let own: [UInt32] = .address(pod.address)
        func add(_ set: String, _ key: [UInt32], through last: [UInt32]? = nil) {
            elements.append(TableElement(TableFamily(family), set, key, through: last, comment))
        }
        if isOnLoopback { add(TableLayout.hairpin, .address(.v4(Self.loopback)) + own) }
        switch demand.clientNAT {
        case .hairpin: add(TableLayout.hairpin, own + own)
        case .subnet:
            let subnet = pod.network
            add(TableLayout.subnetPorts, own + [UInt32].port(mapping.hostPort))
            add(TableLayout.subnets, .address(subnet.first) + own, through: .address(subnet.last) + own)
        case .everything: add(TableLayout.maskedPorts, own + [UInt32].port(mapping.hostPort))
        }
        return elements
    }

    /// 127.0.0.1.
    private static let loopback = IPv4Address(value: 0x7f00_0001)
}

extension PodDemand {
    /// The elements that hold the link to its MAC address.
    var guardElements: [TableElement] {
        guard let guardedMAC else { return [] }
        let link: [UInt32] = .interface(guardedMAC.linkName)
        let comment = ElementComment.fitting(owner.description)
        return [
            TableElement(.bridge, TableLayout.allowed, link + .ether(guardedMAC.address), comment),
            TableElement(.bridge, TableLayout.guarded, link, comment),
        ]
    }
}
