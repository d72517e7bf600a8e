package import CNIProtocol
package import HostIPAM

/// The plugin's own keys: those of the `bridge` plugin, with Fairway's defaults.
package struct PluginConfiguration: Sendable {
    package let network: NetworkConfiguration
    package let bridge: String
    /// Whether the bridge has the gateways' addresses and the node forwards.
    package let isGateway: Bool
    /// Whether pods get a default route through the gateway.
    package let isDefaultGateway: Bool
    package let hairpin: Bool
    package let isPortIsolated: Bool
    /// Nil for the kernel's default.
    package let mtu: Int?
    /// Whether STATUS fails where the kernel has no br_netfilter.
    package let requiresBridgeNetfilter: Bool
    package let ipam: IPAMConfiguration
    /// Replaces what `ipam.resolvConf` says when it names anything.
    package let dns: DNSConfiguration?

    package static let defaultBridge = "cni0"

    /// Reads and validates the whole configuration.
    ///
    /// - Throws: code 7 for an invalid value; 2 for a key that asks for something not built in.
    package init(_ network: NetworkConfiguration, arguments: [String: String]) throws(CNIError) {
        let root = network.root
        try UnsupportedKeys.refuse(in: root, arguments: arguments)
        self.network = network
        bridge = try root.string("bridge").flatMap { $0.isEmpty ? nil : $0 } ?? Self.defaultBridge
        guard PluginEnvironment.isInterfaceName(bridge) else {
            throw root.failure("bridge", "\"\(bridge)\" is no interface name of 1 to 15 bytes")
        }
        let isDefaultGateway = try root.bool("isDefaultGateway")
        isGateway = isDefaultGateway == true ? true : try root.bool("isGateway") ?? true
        self.isDefaultGateway = isDefaultGateway ?? isGateway
        hairpin = try root.bool("hairpinMode") ?? true
        isPortIsolated = try root.bool("portIsolation") ?? false
        // 0 is the upstream plugin's "not set"; 68 is IPv4's least, 65535 veth's most.
        let mtu = try root.integer("mtu", in: 0...65535).flatMap { $0 == 0 ? nil : $0 }
        if let mtu, mtu < 68 { throw root.failure("mtu", "\(mtu) is not from 68 to 65535") }
        self.mtu = mtu
        requiresBridgeNetfilter = try root.bool("requireBridgeNetfilter") ?? true
        ipam = try IPAMConfiguration(root)
        if let capability = try root.reader("runtimeConfig")?.reader("dns") {
            dns = try DNSConfiguration(capability: capability)
        } else {
            dns = try root.reader("dns").map { reader throws(CNIError) in try DNSConfiguration(reader) }
        }
    }
}
