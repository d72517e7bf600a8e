import AttachPlan
import CNIProtocol

/// A plugin whose name the binary answers to, with the specification's verbs.
protocol NamedPlugin {
    static func add(_ execution: Execution) throws(CNIError) -> AddResult
    static func del(_ execution: Execution) throws(CNIError)
    static func check(_ execution: Execution) throws(CNIError)
    static func gc(_ execution: Execution) throws(CNIError)
    static func status(_ execution: Execution) throws(CNIError)
}

extension NamedPlugin {
    // Of those that keep nothing and need nothing.
    static func gc(_ execution: Execution) throws(CNIError) {}
    static func status(_ execution: Execution) throws(CNIError) {}
}

extension Personality {
    var plugin: any NamedPlugin.Type {
        switch self {
        case .fairway, .bridge: Fairway.self
        case .hostLocal: HostLocal.self
        case .portmap: Portmap.self
        case .bandwidth: Bandwidth.self
        case .loopback: Loopback.self
        }
    }
}

/// The binary as Fairway itself, and as the `bridge` plugin: a pod's interface on the node's bridge.
enum Fairway: NamedPlugin {
    static func add(_ execution: Execution) throws(CNIError) -> AddResult {
        var verb = try AddVerb(execution)
        return try verb.run()
    }

    static func del(_ execution: Execution) throws(CNIError) {
        var verb = try DeleteVerb(execution)
        try verb.run()
    }
}
