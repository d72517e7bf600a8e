import CNIProtocol
import JSON

/// The entry of `bridge` on its way to `type: fairway`, and the entries behind it that it takes in.
struct MigratedPlugin {
    private(set) var remarks: [String] = []
    private var plugin = JSONObject()

    mutating func remark(_ sentence: String) { remarks.append(sentence) }

    /// Rewrites the entries of a list.
    ///
    /// - Returns: Fairway's entry, and those that stay: `loopback` before it, others behind it.
    /// - Throws: code 7 unless the first entry but `loopback`, and no other one, is `bridge`'s.
    mutating func rewrite(_ entries: [ConfigurationReader]) throws(CNIError) -> [JSONObject] {
        var types: [String] = []
        for entry in entries { types.append(try entry.string("type") ?? "") }
        guard !types.contains("fairway") else {
            throw CNIError(.invalidConfiguration, "nothing to do: the configuration has type fairway already")
        }
        let lead = types.prefix { $0 == "loopback" }.count
        guard types.dropFirst(lead).first == "bridge", types.count(where: { $0 == "bridge" }) == 1 else {
            throw CNIError(
                .invalidConfiguration, "cannot carry over a list of the types [\(types.joined(separator: ", "))]",
                details: "the first plugin, and no other one, must be bridge: fairway takes its place")
        }
        plugin = entries[lead].object
        plugin.replace("type", .string("fairway"))
        try writeOutDefaults()
        try remarkOnDifferences()
        var staying: [JSONObject] = []
        var takenIn: Set<String> = []
        for (entry, type) in zip(entries, types).dropFirst(lead + 1) {
            let place = "\(entry.path) (\(type))"
            guard type == "portmap" || type == "bandwidth" else {
                remark("\(place) stays as it is: its binary must stay in the plugins' directory")
                staying.append(entry.object)
                continue
            }
            if let obstacle = try takenIn.contains(type) ? "there are two of them" : obstacle(to: entry) {
                remark("\(place) stays as it is, because fairway cannot take it in: \(obstacle)")
                staying.append(entry.object)
                continue
            }
            takenIn.insert(type)
            try takeIn(entry)
            remark("\(place) is now part of fairway")
            if type == "portmap" { try remarkOnHostPorts(entry) }
        }
        return entries.prefix(lead).map(\.object) + [plugin] + staying
    }

    /// Spells out upstream's defaults where Fairway's differ.
    private mutating func writeOutDefaults() throws(CNIError) {
        let impliesGateway = try ConfigurationReader(plugin).bool("isDefaultGateway") == true
        for key in ["isGateway", "isDefaultGateway", "hairpinMode"] {
            if key == "isGateway", impliesGateway { continue }
            guard ConfigurationReader(plugin).value(key) == nil else { continue }
            plugin.replace(key, .bool(false))
            remark("\(key) false is written out: that is bridge's default, and fairway's is true")
        }
    }

    private mutating func remarkOnDifferences() throws(CNIError) {
        let reader = ConfigurationReader(plugin)
        if let ipam = try reader.reader("ipam"), try ipam.string("type") ?? "" == "" {
            plugin.remove("ipam")
            remark("ipam has no type, which means no addresses to bridge: it is left out")
        }
        if reader.value("ipMasqBackend") != nil {
            remark("ipMasqBackend has no meaning any more: fairway masquerades by nftables, without any program")
        }
        if reader.value("requireBridgeNetfilter") == nil {
            remark(
                "the bridge's packets pass conntrack from now on, which Services between pods of one node need, and STATUS"
                    + " demands br_netfilter: requireBridgeNetfilter false drops that")
        }
        let capabilities = try reader.reader("capabilities")?.object.members.map(\.key) ?? []
        for name in ["portMappings", "bandwidth"] where capabilities.contains(name) {
            remark("capabilities.\(name), which bridge does not look at, is served from now on")
        }
    }

    /// Spells out what portmap does with host ports and fairway does not.
    private mutating func remarkOnHostPorts(_ entry: ConfigurationReader) throws(CNIError) {
        remark("a host port that another pod has is an error from now on (code 105); portmap waited for it")
        guard try entry.bool("snat") != false, plugin["loopbackHostPorts"] == nil else { return }
        plugin.append("loopbackHostPorts", .bool(true))
        remark("loopbackHostPorts true is written out: portmap serves host ports on 127.0.0.1 too, fairway if asked to")
    }

    /// Why an entry cannot be taken in; nil when it can.
    private func obstacle(to entry: ConfigurationReader) throws(CNIError) -> String? {
        let options = try PortMapOptions(entry)
        if options.hasConditions {
            return "conditionsV4 and conditionsV6 are in another program's language"
        }
        for (key, value) in Self.ownMembers(entry) where !Self.bridgeKeys.contains(key) {
            if let other = plugin[key], other != value { return "\(key) is a key of bridge's entry too" }
        }
        return nil
    }

    /// Moves an entry's keys and capabilities into Fairway's.
    private mutating func takeIn(_ entry: ConfigurationReader) throws(CNIError) {
        for (key, value) in Self.ownMembers(entry) {
            if key == "externalSetMarkChain" {
                remark("\(entry.path).\(key) is left out: fairway masquerades without iptables' chains and marks")
                continue
            }
            if Self.bridgeKeys.contains(key) {
                remark("\(entry.path).\(key) is left out: it is a key of bridge's, and meant nothing there")
                continue
            }
            if plugin[key] == nil { plugin.append(key, value) }
            if !Self.movableKeys.contains(key) { remark("\(entry.path).\(key) is unknown; it is carried along") }
        }
        for key in ["capabilities", "runtimeConfig"] {
            guard let members = try entry.reader(key)?.object.members else { continue }
            var object = try ConfigurationReader(plugin).reader(key)?.object ?? JSONObject()
            for member in members { object.replace(member.key, member.value) }
            plugin.replace(key, .object(object))
        }
    }

    private static let movableKeys = [
        "backend", "snat", "masqAll", "markMasqBit", "conditionsV4", "conditionsV6", "ingressRate", "ingressBurst",
        "egressRate", "egressBurst",
    ]

    /// What bridge and fairway act upon, and `portmap` and `bandwidth` do not.
    private static let bridgeKeys = [
        "bridge", "isGateway", "isDefaultGateway", "forceAddress", "ipMasq", "ipMasqBackend", "ipMasqExclude", "mtu",
        "hairpinMode", "promiscMode", "portIsolation", "vlan", "vlanTrunk", "preserveDefaultVlan", "macspoofchk",
        "enabledad", "disableContainerInterface", "loopbackHostPorts", "requireBridgeNetfilter", "args", "nameservers",
    ]

    /// The members that belong to the plugin alone, not to every entry of a list.
    private static func ownMembers(_ entry: ConfigurationReader) -> [(key: String, value: JSONValue)] {
        let common = ["type", "name", "cniVersion", "capabilities", "runtimeConfig", "prevResult", "ipam", "dns"]
        return entry.object.members.filter { !common.contains($0.key) }.map { (key: $0.key, value: $0.value) }
    }
}
