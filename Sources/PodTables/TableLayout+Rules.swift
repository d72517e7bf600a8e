import NFTables
import NetworkTypes

/// The rules: nat chains see the first packet of each connection only, and host ports come behind Services.
extension TableLayout {
    /// Netfilter priorities: behind nft's `dstnat` and `srcnat`, where Services are.
    private static let destinationNAT: Int32 = -99
    private static let sourceNAT: Int32 = 101
    /// nft's `raw`: before conntrack turns an answer's destination back into 127.0.0.1.
    private static let raw: Int32 = -300
    /// The bridge family's `dstnat`: before br_netfilter.
    private static let bridgeDestinationNAT: Int32 = -300

    func routedChains(_ family: IPFamily) -> [Chain] {
        let rules = RoutedRules(family: family)
        return [
            Chain(RoutedRules.hostPorts, rules: rules.hostPorts),
            Chain("prerouting", hook: .init(.nat, .prerouting, priority: Self.destinationNAT), rules: rules.dispatch),
            Chain("output", hook: .init(.nat, .output, priority: Self.destinationNAT), rules: rules.dispatch),
            Chain("postrouting", hook: .init(.nat, .postrouting, priority: Self.sourceNAT), rules: rules.postrouting),
        ]
    }

    /// What has a loopback address came from the node itself, or is dropped.
    var loopbackGuard: Chain {
        let register = Register(0)
        let rules = [RoutedRules.ipv4Source, RoutedRules.ipv4Destination].map { offset in
            Rule([
                .loadMeta(.inputInterfaceName, to: register),
                .compare(register, .notEqual, Array("lo".utf8) + [UInt8](repeating: 0, count: 14)),
                .payload(.network, offset: offset, length: 1, to: register), .compare(register, .equal, [127]), .drop,
            ])
        }
        return Chain("loopback-guard", hook: .init(.filter, .prerouting, priority: Self.raw), rules: rules)
    }

    /// A guarded link's frames have its MAC address, or are dropped.
    var bridgeGuard: Chain {
        let register = Register(0)
        let link = Expression.loadMeta(.inputInterfaceName, to: register)
        let rules = [
            Rule([
                link, .payload(.link, offset: 6, length: 6, to: register.after(bytes: 16)),
                .lookup(set: Self.allowed, key: register, .membership), .accept,
            ]),
            Rule([link, .lookup(set: Self.guarded, key: register, .membership), .drop]),
        ]
        return Chain("prerouting", hook: .init(.filter, .prerouting, priority: Self.bridgeDestinationNAT), rules: rules)
    }
}

/// The rules of a routed family's table.
private struct RoutedRules {
    let family: IPFamily

    static let hostPorts = "host-ports"
    static let ipv4Source: UInt32 = 12
    static let ipv4Destination: UInt32 = 16

    private var sourceOffset: UInt32 { family == .ipv4 ? Self.ipv4Source : 8 }
    private var destinationOffset: UInt32 { family == .ipv4 ? Self.ipv4Destination : 24 }
    private var addressLength: UInt32 { UInt32(family.addressBytes) }

    /// Packets to the node itself only: those under way to somewhere else keep their destination (GHSA-jv3w-x3r3-g6rm).
    var dispatch: [Rule] {
        let register = Register(0)
        let local: UInt8 = 2  // RTN_LOCAL
        return [
            Rule([
                .loadDestinationType(to: register), .compare(register, .equal, [local, 0, 0, 0]),
                .goto(chain: Self.hostPorts),
            ])
        ]
    }

    /// A port on one address comes before the same port on all; loopback addresses are of the first kind only.
    var hostPorts: [Rule] {
        let register = Register(0)
        let behindAddress = register.after(bytes: family.addressBytes)
        let data = Expression.dnat(family, address: register, port: behindAddress)
        let notLoopback: [Expression] =
            switch family {
            case .ipv4:
                [
                    .payload(.network, offset: destinationOffset, length: 1, to: register),
                    .compare(register, .notEqual, [127]),
                ]
            case .ipv6:
                [
                    .payload(.network, offset: destinationOffset, length: 16, to: register),
                    .compare(register, .notEqual, IPv6Address(value: 1).bytes),
                ]
            }
        return [
            Rule(
                [.payload(.network, offset: destinationOffset, length: addressLength, to: register)]
                    + protocolAndPort(behindAddress)
                    + [.lookup(set: TableLayout.hostAddressPorts, key: register, .data(register)), data]),
            Rule(
                notLoopback + protocolAndPort(register)
                    + [.lookup(set: TableLayout.hostPorts, key: register, .data(register)), data]),
        ]
    }

    /// The destination is the pod by now; the host port is in the connection's first direction.
    ///
    /// nft can load `ct original proto-dst` behind a compare of the protocol only, so there is a rule for each.
    var postrouting: [Rule] {
        let register = Register(0)
        let destination = register.after(bytes: family.addressBytes)
        let port = destination.after(bytes: family.addressBytes)
        let addresses: [Expression] = [
            .payload(.network, offset: sourceOffset, length: addressLength, to: register),
            .payload(.network, offset: destinationOffset, length: addressLength, to: destination),
        ]
        let statusDNAT: [UInt8] = [1 << 5, 0, 0, 0]  // IPS_DST_NAT
        let isTranslated: [Expression] = [
            .loadConntrackStatus(to: register), .bitwise(register, mask: statusDNAT, xor: [0, 0, 0, 0]),
            .compare(register, .notEqual, [0, 0, 0, 0]),
        ]
        let hairpin =
            isTranslated + addresses + [.lookup(set: TableLayout.hairpin, key: register, .membership), .masquerade]
        let clients = TransportProtocol.allCases.map { proto in
            [.loadMeta(.transportProtocol, to: register), .compare(register, .equal, [proto.number])] + isTranslated
                + addresses + [
                    .loadOriginal(.destinationPort, to: port),
                    .lookup(set: TableLayout.clients, key: register, .membership), .masquerade,
                ]
        }
        let outgoing = addresses + [.lookup(set: TableLayout.masqueraded, key: register, .membership), .masquerade]
        return ([hairpin] + clients + [outgoing]).map { Rule($0) }
    }

    private func protocolAndPort(_ register: Register) -> [Expression] {
        [
            .loadMeta(.transportProtocol, to: register),
            .payload(.transport, offset: 2, length: 2, to: register.after(bytes: 4)),
        ]
    }
}
