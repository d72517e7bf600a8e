import NFTables
import NetworkTypes

/// The fixed parts of one family's table `fairway-cni`: whatever pods there are, they are elements only.
struct TableLayout {
    let family: TableFamily
    /// Packets with a loopback address that did not come from the node itself are dropped (IPv4).
    ///
    /// `route_localnet` lets them in (CVE-2020-8558), so there is a chain against them from when a pod needs that.
    let guardsLoopback: Bool

    var table: TableID { TableID(family: family, name: "fairway-cni") }

    /// (protocol, port) -> (pod, port), on every local address.
    static let hostPorts = "host-ports"
    /// (address, protocol, port) -> (pod, port).
    static let hostAddressPorts = "host-ip-ports"
    /// (source, pod): clients that a pod with host ports could not answer, itself and 127.0.0.1.
    static let hairpin = "hairpin"
    /// (pod, host port): all clients are masqueraded.
    static let maskedPorts = "masked-ports"
    /// (pod, host port): clients of the pod's subnet are masqueraded.
    static let subnetPorts = "subnet-ports"
    /// (source, pod): the subnets of such pods.
    ///
    /// A set of ranges takes the kernel time in proportion to its size for each element, so it has one for a pod and not one
    /// for a port.
    static let subnets = "subnets"
    /// (source, destination): what pods send out and is masqueraded.
    static let masqueraded = "masqueraded"
    /// (link, MAC): frames that a guarded link may send.
    static let allowed = "allowed"
    /// (link).
    static let guarded = "guarded"

    var setNames: [String] {
        switch family {
        case .bridge: [Self.allowed, Self.guarded]
        case .ip, .ip6:
            [
                Self.hostPorts, Self.hostAddressPorts, Self.hairpin, Self.maskedPorts, Self.subnetPorts, Self.subnets,
                Self.masqueraded,
            ]
        }
    }

    var sets: [SetDeclaration] { setNames.map(declaration(of:)) }

    /// The declaration of one of the table's own sets; they are made one by one, because each costs some microseconds.
    func declaration(of name: String) -> SetDeclaration {
        let address: DataType = family == .ip6 ? .ipv6Address : .ipv4Address
        switch name {
        case Self.hostPorts:
            return SetDeclaration(name, typeof: [.transportProtocol, .destinationPort], data: destination)
        case Self.hostAddressPorts:
            return SetDeclaration(
                name, typeof: [.destinationAddress(family), .transportProtocol, .destinationPort], data: destination)
        case Self.hairpin: return SetDeclaration(name, type: [address, address])
        case Self.maskedPorts, Self.subnetPorts: return SetDeclaration(name, type: [address, .port])
        case Self.subnets, Self.masqueraded: return SetDeclaration(name, type: [address, address], isInterval: true)
        case Self.allowed: return SetDeclaration(name, type: [.interfaceName, .etherAddress])
        default: return SetDeclaration(name, type: [.interfaceName])
        }
    }

    /// Where a host port leads: an address and a port.
    private var destination: [TypeOf] { [.destinationAddress(family), .destinationPort] }

    /// All chains, those that are jumped to first.
    var chains: [Chain] {
        switch family {
        case .bridge: return [bridgeGuard]
        case .ip: return routedChains(.ipv4) + (guardsLoopback ? [loopbackGuard] : [])
        case .ip6: return routedChains(.ipv6)
        }
    }
}
