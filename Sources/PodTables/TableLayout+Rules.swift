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
        let loads: [Expression] = [
            .loadSource(.ipv4, bytes: 1, to: register), .loadDestination(.ipv4, bytes: 1, to: register),
        ]
        let rules = loads.map { load in
            Rule(.inputInterface(.notEqual, "lo") + [load, .compare(register, .equal, [127]), .drop])
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

    /// Packets to the node itself only: those under way to somewhere else keep their destination (GHSA-jv3w-x3r3-g6rm).
    var dispatch: [Rule] { [Rule(.isToNode + [.goto(chain: Self.hostPorts)])] }

    /// A port on one address comes before the same port on all; loopback addresses are of the first kind only.
    var hostPorts: [Rule] {
        let register = Register(0)
        let behindAddress = register.after(bytes: family.addressBytes)
        let data = Expression.dnat(family, address: register, port: behindAddress)
        return [
            Rule(
                [.loadDestination(family, to: register)] + .loadProtocolAndPort(to: behindAddress)
                    + [.lookup(set: TableLayout.hostAddressPorts, key: register, .data(register)), data]),
            Rule(
                .isNotToLoopback(family) + .loadProtocolAndPort(to: register)
                    + [.lookup(set: TableLayout.hostPorts, key: register, .data(register)), data]),
        ]
    }

    /// The destination is the pod by now; the host port is in the connection's first direction.
    ///
    /// nft can load `ct original proto-dst` behind a compare of the protocol only, so there is a rule for each.
    var postrouting: [Rule] {
        let register = Register(0)
        func masquerade(in set: String, _ load: [Expression]) -> [Expression] {
            load + [.lookup(set: set, key: register, .membership), .masquerade]
        }
        let addresses: [Expression] = .loadAddresses(family)
        let hairpin: [Expression] = .isTranslated + masquerade(in: TableLayout.hairpin, addresses)
        let port: [Expression] = [
            .loadDestination(family, to: register),
            .loadOriginal(.destinationPort, to: register.after(bytes: family.addressBytes)),
        ]
        let clients = TransportProtocol.allCases.flatMap { proto -> [[Expression]] in
            let isMapped: [Expression] = .isProtocol(proto) + .isTranslated
            let ofSubnet = port + [.lookup(set: TableLayout.subnetPorts, key: register, .membership)]
            return [
                isMapped + masquerade(in: TableLayout.maskedPorts, port),
                isMapped + ofSubnet + masquerade(in: TableLayout.subnets, addresses),
            ]
        }
        let outgoing = masquerade(in: TableLayout.masqueraded, addresses)
        return ([hairpin] + clients + [outgoing]).map { Rule($0) }
    }
}
