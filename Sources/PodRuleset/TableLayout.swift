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
    /// (source, pod, host port): further clients that are masqueraded.
    ///
    /// Deleting from a set of ranges takes the kernel time in proportion to its size, so most pods have none here.
    static let clients = "clients"
    /// (source, destination): what pods send out and is masqueraded.
    static let masqueraded = "masqueraded"
    /// (link, MAC): frames that a guarded link may send.
    static let allowed = "allowed"
    /// (link).
    static let guarded = "guarded"

    var sets: [SetDeclaration] {
        switch family {
        case .bridge:
            return [
                SetDeclaration(Self.allowed, type: [.interfaceName, .etherAddress]),
                SetDeclaration(Self.guarded, type: [.interfaceName]),
            ]
        case .ip, .ip6:
            let address: DataType = family == .ip6 ? .ipv6Address : .ipv4Address
            let destination: [TypeOf] = [.destinationAddress(family), .destinationPort]
            return [
                SetDeclaration(Self.hostPorts, typeof: [.transportProtocol, .destinationPort], data: destination),
                SetDeclaration(
                    Self.hostAddressPorts,
                    typeof: [.destinationAddress(family), .transportProtocol, .destinationPort], data: destination),
                SetDeclaration(Self.hairpin, type: [address, address]),
                SetDeclaration(Self.clients, type: [address, address, .port], isInterval: true),
                SetDeclaration(Self.masqueraded, type: [address, address], isInterval: true),
            ]
        }
    }

    /// The declaration of one of the table's own sets.
    func declaration(of name: String) -> SetDeclaration {
        sets.first { $0.name == name } ?? SetDeclaration(name, type: [.interfaceName])
    }

    /// All chains, those that are jumped to first.
    var chains: [Chain] {
        switch family {
        case .bridge: return [bridgeGuard]
        case .ip: return routedChains(.ipv4) + (guardsLoopback ? [loopbackGuard] : [])
        case .ip6: return routedChains(.ipv6)
        }
    }
}
