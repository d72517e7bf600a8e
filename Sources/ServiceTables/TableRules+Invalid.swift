import NFTables
import NetworkTypes

/// Packets that fit no connection, between clients and endpoints.
///
/// conntrack calls a segment INVALID that lies outside the window; NAT leaves it alone then, and whoever gets it under an
/// address that he never asked answers with a reset, which ends the connection that it belongs to.
extension TableRules {
    private static let invalid = "invalid"

    var invalidChains: [Chain] {
        let judge = [Rule(.isInvalid + [.jump(chain: Self.invalid)])]
        return [
            Chain(Self.invalid, rules: dropInvalid),
            Chain("invalid-in", hook: .init(.filter, .prerouting, priority: Self.mangle), rules: judge),
            Chain("invalid-out", hook: .init(.filter, .output, priority: Self.mangle), rules: judge),
        ]
    }

    private var dropInvalid: [Rule] {
        [
            Rule([
                .loadSource(family, to: Register(0)),
                .lookup(set: TableLayout.endpointAddresses, key: Register(0), .membership), .counter, .drop,
            ]),
            Rule(frontendKey.load + dropIfFound(frontendKey, in: TableLayout.services)),
            Rule(toNodePort + nodePortKey.load + dropIfFound(nodePortKey, in: TableLayout.nodePorts)),
        ]
    }

    /// The priority of a packet that is dropped does not matter.
    private func dropIfFound(_ key: Key, in map: String) -> [Expression] {
        setPriority(in: map, key) + [.counter, .drop]
    }
}
