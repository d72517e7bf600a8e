import ArgumentParser
package import NetworkTypes
import ServiceTables

/// The options that decide what rules do with connections; kube-proxy's names, and their meanings.
struct TrafficOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The pods' networks of both families, separated by commas. Connections to a cluster IP that do not come \
            from there are masqueraded; without it none is.
            """, valueName: "CIDR[,CIDR]"))
    var clusterCidr: String?

    @Option(
        help: ArgumentHelp(
            """
            What tells connections of pods from others: ClusterCIDR (--cluster-cidr), NodeCIDR (the own Node's \
            podCIDRs), BridgeInterface (--pod-bridge-interface) or InterfaceNamePrefix (--pod-interface-name-prefix).
            """, valueName: "MODE"))
    var detectLocalMode = LocalMode.clusterCIDR

    @Option(help: ArgumentHelp("The bridge that pods' packets come by.", valueName: "NAME"))
    var podBridgeInterface: String?

    @Option(help: ArgumentHelp("What the names of pods' interfaces on the node begin with.", valueName: "PREFIX"))
    var podInterfaceNamePrefix: String?

    @Flag(help: "Masquerade all connections to cluster IPs.")
    var masqueradeAll = false

    @Option(
        name: [.customLong("iptables-masquerade-bit"), .customLong("masquerade-bit")],
        help: ArgumentHelp("The bit of the packet mark, 0 to 31, that says: masquerade.", valueName: "BIT"))
    var masqueradeBit = 14

    @Option(
        name: .customLong("nodeport-addresses"),
        help: ArgumentHelp(
            """
            Where node ports answer: "primary" (the own Node's first address of each family; all addresses while it \
            is not known), or networks, separated by commas; a family without one has them on all. Never on loopback.
            """, valueName: "CIDR[,CIDR]"))
    var nodePortAddresses = "primary"

    @Option(
        help: ArgumentHelp(
            """
            Networks from which cluster IPs are given out, separated by commas, beside those of ServiceCIDR objects: \
            what is sent to an unused address of them is dropped. With --allocate they are given out of these.
            """, valueName: "CIDR[,CIDR]"))
    var serviceCidr: String?

    enum LocalMode: String, ExpressibleByArgument, CaseIterable {
        case clusterCIDR = "ClusterCIDR"
        case nodeCIDR = "NodeCIDR"
        case bridgeInterface = "BridgeInterface"
        case interfaceNamePrefix = "InterfaceNamePrefix"
    }

    /// - Throws: `ConfigurationError` that names the option and the cure.
    func tables(repeatsDispatch: Bool) throws(ConfigurationError) -> ServiceTableOptions {
        guard (0...31).contains(masqueradeBit) else {
            throw ConfigurationError("--masquerade-bit: \(masqueradeBit) is no bit of the mark; give 0 to 31")
        }
        return ServiceTableOptions(
            localDetection: try localDetection(), masqueradesAll: masqueradeAll, masqueradeMark: 1 << masqueradeBit,
            nodePortAddresses: nodePortAddresses == "primary"
                ? .primary : .networks(try Networks.parse(nodePortAddresses, option: "--nodeport-addresses")),
            serviceCIDRs: try serviceCidr.map { text throws(ConfigurationError) in
                try Networks.parse(text, option: "--service-cidr")
            } ?? [], repeatsDispatch: repeatsDispatch)
    }

    private func localDetection() throws(ConfigurationError) -> ServiceTableOptions.LocalDetection {
        switch detectLocalMode {
        case .clusterCIDR:
            guard let clusterCidr else { return .clusterCIDRs([]) }
            return .clusterCIDRs(try Networks.parse(clusterCidr, option: "--cluster-cidr"))
        case .nodeCIDR: return .nodePodCIDRs
        case .bridgeInterface:
            return .bridge(try interface(podBridgeInterface, option: "--pod-bridge-interface", longest: 15))
        case .interfaceNamePrefix:
            return .interfacePrefix(
                try interface(podInterfaceNamePrefix, option: "--pod-interface-name-prefix", longest: 14))
        }
    }

    private func interface(_ name: String?, option: String, longest: Int) throws(ConfigurationError) -> String {
        guard let name, !name.isEmpty else {
            throw ConfigurationError("--detect-local-mode \(detectLocalMode.rawValue) needs \(option)")
        }
        // What nft would read as something else does not list and load again.
        guard name.utf8.count <= longest, !name.utf8.contains(where: { $0 <= 32 || "/\"*\\".utf8.contains($0) }) else {
            throw ConfigurationError(
                "\(option): \"\(name)\" is no interface's name of at most \(longest) bytes without space, /, *, \" or \\"
            )
        }
        return name
    }
}

/// Lists of networks.
package enum Networks {
    /// Reads a comma-separated list of networks such as `10.244.0.0/16,fd00:10:244::/48`.
    ///
    /// - Throws: `ConfigurationError` that names the part that is no network.
    package static func parse(_ text: String, option: String) throws(ConfigurationError) -> [CIDR] {
        var cidrs: [CIDR] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = part.drop { $0 == " " }
            guard let cidr = CIDR(trimmed) else {
                throw ConfigurationError(
                    "\(option): \"\(part)\" is no network; write ADDRESS/LENGTH, such as 10.244.0.0/16")
            }
            guard cidr.isNetwork else {
                throw ConfigurationError("\(option): \(cidr) has host bits set; did you mean \(cidr.network)?")
            }
            cidrs.append(cidr)
        }
        return cidrs
    }
}
