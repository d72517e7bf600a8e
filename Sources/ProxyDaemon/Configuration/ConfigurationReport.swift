import JSON

/// What becomes of a configuration, for people.
struct ConfigurationReport {
    let configuration: KubeProxyConfiguration

    init(_ configuration: KubeProxyConfiguration) { self.configuration = configuration }

    var text: String {
        [
            section("Takes effect", applied, none: "nothing: all is as kube-proxy has it by default"),
            section("Has no effect here", idle, none: nil),
            section(
                "Is no field of \(KubeProxyConfiguration.apiVersion), and passed over", configuration.unknown, none: nil
            ),
            section("Is taken otherwise", configuration.notes, none: nil),
            section("Changes for connections", changes, none: nil),
        ].compactMap(\.self).joined(separator: "\n\n")
    }

    private func section(_ heading: String, _ lines: [String], none: String?) -> String? {
        if lines.isEmpty, none == nil { return nil }
        return ([heading + ":"] + (lines.isEmpty ? [none ?? ""] : lines).map { "  " + $0 }).joined(separator: "\n")
    }

    private var said: [(field: ConfigurationField, value: JSONValue)] {
        ConfigurationField.all.compactMap { field in configuration.values[field.path].map { (field, $0) } }
    }

    private var applied: [String] {
        said.filter { $0.field.effect == .applies }.map { "\($0.field.path): \($0.value.serialized)" }
    }

    private var idle: [String] {
        said.compactMap { field, value in
            guard case .none(let reason) = field.effect else { return nil }
            return "\(field.path): \(value.serialized) (\(reason))"
        }
    }

    /// The mode that kube-proxy runs in with this file.
    private var mode: String {
        if case .string(let mode)? = configuration.values["mode"] { mode } else { "iptables" }
    }

    /// docs/kube-proxy.md has them all, each with its test.
    private var changes: [String] {
        var changes: [String] = []
        if mode != "nftables" {
            changes.append(
                "mode \(mode): nftables runs in its place; the rules are in the tables \"ip fairway\" and \"ip6 fairway\""
            )
            if configuration.values["nodePortAddresses"] == nil {
                changes.append(
                    "node ports: on the node's primary addresses only, no longer on all; to keep all, set nodePortAddresses to [\"0.0.0.0/0\", \"::/0\"]"
                )
            }
            if mode == "iptables", configuration["iptables.localhostNodePorts"] == .bool(true) {
                changes.append("node ports: no longer on 127.0.0.1; ask at the node's address or at the cluster IP")
            }
            changes.append(
                "ports of a cluster IP that its Service does not declare: refused, and pings of it too; they went on as if nobody had the address"
            )
            changes.append(
                "addresses of a ServiceCIDR that no Service has: what is sent there is dropped; it left the node")
            changes.append(
                "loadBalancerSourceRanges of a Service without endpoints: those outside are dropped, those inside refused; all were refused"
            )
        }
        changes.append("refused TCP connections: a reset, which clients learn of at once; it was an ICMP message")
        changes.append(
            "packets that conntrack calls INVALID, between clients and endpoints: dropped, unless conntrack.tcpBeLiberal"
        )
        return changes
    }
}
