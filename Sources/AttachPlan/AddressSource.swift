package import CNIProtocol
package import HostIPAM
import JSON

/// Where a pod's addresses come from.
package enum AddressSource: Sendable {
    /// No `ipam`: the pod gets its place on the bridge and no address.
    case none
    /// Fairway's own leases, in host-local's layout.
    case builtIn(IPAMConfiguration)
    /// Another address plugin, by the name that `ipam.type` gives, executed as the specification says.
    case delegate(String)

    /// What `ipam.type` says when Fairway gives the addresses itself.
    package static let builtInTypes = ["", "fairway", "host-local"]

    /// - Parameter arguments: CNI_ARGS, where `IP` asks for an address.
    package init(_ root: ConfigurationReader, _ personality: Personality, arguments: [String: String])
        throws(CNIError)
    {
        guard let ipam = try root.reader("ipam"), !ipam.object.isEmpty else {
            self = .none
            return
        }
        switch try ipam.string("type") ?? "" {
        case "" where personality == .bridge: self = .none
        case let type where Self.builtInTypes.contains(type):
            self = .builtIn(try IPAMConfiguration(root, arguments: arguments))
        case let type: self = .delegate(type)
        }
    }

    /// Whether addresses are taken and given back while the pod's interface is there.
    ///
    /// The specification promises an address plugin that much, and `dhcp` speaks through the interface for both.
    package var needsInterface: Bool {
        if case .delegate = self { true } else { false }
    }

    /// The built-in leases' configuration; nil for the other sources.
    package var builtIn: IPAMConfiguration? {
        if case .builtIn(let configuration) = self { configuration } else { nil }
    }
}
