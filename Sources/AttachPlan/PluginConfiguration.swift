package import Attachments
package import CNIProtocol
import HostIPAM
import JSON
package import NetworkTypes

/// The plugin's own keys: those of the `bridge` plugin and Fairway's, with the defaults of the name it is called by.
package struct PluginConfiguration: Sendable {
    package let network: NetworkConfiguration
    package let personality: Personality
    package let bridge: String
    /// Whether the bridge has the gateways' addresses and the node forwards.
    package let isGateway: Bool
    /// Whether pods get a default route through the gateway.
    package let isDefaultGateway: Bool
    /// Whether a bridge's other address gives way to the gateway.
    package let forceAddress: Bool
    /// Whether what leaves the network's pods for elsewhere takes the node's address.
    package let masquerades: Bool
    /// Destinations that see the pods' own addresses all the same.
    package let masqueradeExclusions: [CIDR]
    package let hairpin: Bool
    /// Whether the bridge device takes every frame; exclusive with `hairpin`.
    package let isPromiscuous: Bool
    package let isPortIsolated: Bool
    /// Nil for the kernel's default.
    package let mtu: Int?
    package let vlan: VLANConfiguration
    /// Whether frames with another source MAC than the pod's are dropped.
    package let checksMACSpoofing: Bool
    /// Whether IPv6 addresses wait for duplicate address detection.
    package let detectsDuplicateAddresses: Bool
    /// Whether the pod's end stays down, without addresses.
    package let disablesContainerInterface: Bool
    /// The pod's MAC address where one is asked for.
    package let requestedMAC: MACAddress?
    /// The node's ports that lead to the pod; read under Fairway's own name only, as `bandwidth`.
    package let hostPorts: [HostPort]
    package let portMapOptions: PortMapOptions
    package let bandwidth: BandwidthLimits
    /// Whether host ports answer on 127.0.0.1 too.
    package let servesLoopbackHostPorts: Bool
    /// Whether bridged frames must pass conntrack, which Services between pods of one node need.
    package let requiresBridgeNetfilter: Bool
    package let addressSource: AddressSource
    /// Replaces the name servers that the address source names, when any of its keys is there.
    package let dns: DNSConfiguration?

    package static let defaultBridge = "cni0"

    /// Reads and validates the whole configuration.
    ///
    /// - Parameter arguments: CNI_ARGS.
    /// - Throws: code 7 for an invalid value; 2 for a key that asks for what cannot be had.
    package init(
        _ network: NetworkConfiguration, _ personality: Personality = .fairway, arguments: [String: String]
    ) throws(CNIError) {
        let root = network.root
        let isFairway = personality == .fairway
        if isFairway { try PortMapOptions.refuseConditions(in: root) }
        self.network = network
        self.personality = personality
        bridge = try root.string("bridge").flatMap { $0.isEmpty ? nil : $0 } ?? Self.defaultBridge
        guard PluginEnvironment.isInterfaceName(bridge) else {
            throw root.failure("bridge", "\"\(bridge)\" is no interface name of 1 to 15 bytes")
        }
        let isDefaultGateway = try root.bool("isDefaultGateway")
        isGateway = isDefaultGateway == true ? true : try root.bool("isGateway") ?? isFairway
        self.isDefaultGateway = isDefaultGateway ?? (isFairway && isGateway)
        forceAddress = try root.bool("forceAddress") ?? false
        masquerades = try root.bool("ipMasq") ?? false
        masqueradeExclusions = try root.networks("ipMasqExclude")
        let isPromiscuous = try root.bool("promiscMode") ?? false
        let hairpin = try root.bool("hairpinMode")
        guard !(isPromiscuous && hairpin == true) else {
            throw root.failure("promiscMode", "it cannot be combined with hairpinMode: choose one")
        }
        self.isPromiscuous = isPromiscuous
        self.hairpin = hairpin ?? (isFairway && !isPromiscuous)
        isPortIsolated = try root.bool("portIsolation") ?? false
        // 0 is the upstream plugin's "not set"; 68 is IPv4's least, 65535 veth's most.
        let mtu = try root.integer("mtu", in: 0...65535).flatMap { $0 == 0 ? nil : $0 }
        if let mtu, mtu < 68 { throw root.failure("mtu", "\(mtu) is not from 68 to 65535") }
        self.mtu = mtu
        let vlan = try VLANConfiguration(root)
        if isGateway, let access = vlan.access, !PluginEnvironment.isInterfaceName("\(bridge).\(access)") {
            throw root.failure("vlan", "the gateway's name \(bridge).\(access) has over 15 bytes: shorten bridge")
        }
        self.vlan = vlan
        checksMACSpoofing = try root.bool("macspoofchk") ?? false
        detectsDuplicateAddresses = try root.bool("enabledad") ?? false
        disablesContainerInterface = try root.bool("disableContainerInterface") ?? false
        requestedMAC = try RequestedMAC.read(root, arguments: arguments)
        hostPorts = isFairway ? try HostPort.list(root) : []
        portMapOptions = isFairway ? try PortMapOptions(root) : PortMapOptions()
        bandwidth = isFairway ? try BandwidthLimits(root) : BandwidthLimits()
        servesLoopbackHostPorts = try root.bool("loopbackHostPorts") ?? false
        requiresBridgeNetfilter = try root.bool("requireBridgeNetfilter") ?? isFairway
        addressSource = try AddressSource(root, personality, arguments: arguments)
        if let capability = try root.reader("runtimeConfig")?.reader("dns") {
            dns = try DNSConfiguration(capability: capability)
        } else {
            let keys = ["nameservers", "domain", "search", "options"]
            let reader = try root.reader("dns").flatMap { reader in
                keys.contains { reader.value($0) != nil && reader.value($0) != .string("") } ? reader : nil
            }
            dns = try reader.map { reader throws(CNIError) in try DNSConfiguration(reader) }
        }
        try refuseContradictions()
    }

    /// RFC 8200, section 5.
    package static let leastMTUOfIPv6 = 1280

    private func refuseContradictions() throws(CNIError) {
        let root = network.root
        if disablesContainerInterface {
            guard case .none = addressSource else {
                throw root.failure("disableContainerInterface", "a pod with addresses needs its interface: remove ipam")
            }
        }
        if let mtu, mtu < Self.leastMTUOfIPv6, let ipam = addressSource.builtIn,
            ipam.rangeSets.contains(where: { $0.ranges.contains { $0.subnet.family == .ipv6 } })
        {
            throw root.failure(
                "mtu", "\(mtu) is less than IPv6 needs (\(Self.leastMTUOfIPv6)), and ipam has an IPv6 range")
        }
        if !servesLoopbackHostPorts,
            let port = hostPorts.first(where: { $0.hostAddress?.isLoopback ?? false }), let address = port.hostAddress
        {
            let words = "\(port.proto.rawValue.lowercased()) port \(port.hostPort) of \(address)"
            throw CNIError(
                .invalidConfiguration, "invalid runtimeConfig.portMappings: \(words) is on a loopback address",
                details: "set loopbackHostPorts to true to serve host ports on 127.0.0.1, or take another hostIP")
        }
    }
}

/// The pod's MAC address as a runtime asks for it.
enum RequestedMAC {
    /// Reads CNI_ARGS `MAC`, `args.cni.mac` and `runtimeConfig.mac`, of which the later one counts.
    static func read(_ root: ConfigurationReader, arguments: [String: String]) throws(CNIError) -> MACAddress? {
        var text = arguments["MAC"] ?? ""
        var place = "CNI_ARGS MAC"
        if let arguments = try root.reader("args")?.reader("cni"), let mac = try arguments.string("mac"), !mac.isEmpty {
            (text, place) = (mac, "args.cni.mac")
        }
        if let runtime = try root.reader("runtimeConfig"), let mac = try runtime.string("mac"), !mac.isEmpty {
            (text, place) = (mac, "runtimeConfig.mac")
        }
        guard !text.isEmpty else { return nil }
        guard let mac = MACAddress(text), mac.bytes[0] & 1 == 0, mac.value != 0 else {
            throw CNIError(
                .invalidConfiguration, "invalid \(place): \"\(text)\" is no MAC address of one interface",
                details: "six pairs of hex digits with colons or dashes, the first one even, are needed")
        }
        return mac
    }
}
