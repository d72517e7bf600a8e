import LinuxSystem
import NFTables
import PodTables
import TestSupport
import Testing

/// What somebody else did to the plugin's table: CHECK names it; GC, and the next pod's ADD, mend it.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct TableAlterationTests {
    private static let output = "flush chain TABLE output; delete chain TABLE output; add chain TABLE output"
    private static let hairpin = "flush chain TABLE postrouting; delete set TABLE hairpin"
    private static let hostPorts = "flush chain TABLE host-ports; delete map TABLE host-ports"

    private static let declarations: [TableAlteration] = [
        .init("dormant", "the table has flags dormant", commands: "add table TABLE { flags dormant ; }"),
        .init(
            "policy", "chain prerouting: policy drop, not accept", commands: "chain TABLE prerouting { policy drop; }"),
        .init(
            "hook", "chain output: type nat hook input priority -99, not type nat hook output priority -99",
            commands: output + " { type nat hook input priority -99; }"),
        .init(
            "priority", "chain output: type nat hook output priority -90, not",
            commands: output + " { type nat hook output priority -90; }"),
        .init(
            "type", "chain output: type filter hook output",
            commands: output + " { type filter hook output priority -99; }"),
        .init("not attached", "chain output: not attached, not type nat hook output", commands: output),
        .replacing(
            "size", "map host-ports: size 9, not unlimited", "map host-ports {", with: "map host-ports {\n\t\tsize 9"),
        .replacing(
            "timeout", "set hairpin: other flags (timeout)", "set hairpin {", with: "set hairpin {\n\t\ttimeout 1h"),
        .replacing(
            "gc interval", "set hairpin: a gc-interval of 600000 ms, not 0", "set hairpin {",
            with: "set hairpin {\n\t\ttimeout 1h\n\t\tgc-interval 10m"),
        .init(
            "key type", "set hairpin: keys of another type",
            commands: hairpin + "; add set TABLE hairpin { type ipv4_addr . inet_service; }"),
        .init(
            "map for set", "set hairpin: a map, not a set",
            commands: hairpin + "; add map TABLE hairpin { type ipv4_addr . ipv4_addr : mark; }"),
        .init(
            "set for map", "map host-ports: a set, not a map",
            commands: hostPorts + "; add set TABLE host-ports { type inet_proto . inet_service; }"),
        .init(
            "data type", "map host-ports: data of another type",
            commands: hostPorts + "; add map TABLE host-ports { type inet_proto . inet_service : mark; }"),
        .init(
            "interval", "set hairpin: other flags (interval",
            commands: hairpin + "; add set TABLE hairpin { type ipv4_addr . ipv4_addr; flags interval; }"),
        .init("a set less", "set hairpin is missing", commands: hairpin),
        .init("a set more", "set strange is nobody's", commands: "add set TABLE strange { type mark; }"),
        .init(
            "a base chain more", "chain strange is nobody's",
            commands: "add chain TABLE strange { type filter hook forward priority 0; policy drop; }"),
        .init(
            "a chain less", "chain postrouting is missing",
            commands: "flush chain TABLE postrouting; delete chain TABLE postrouting"),
        .init(
            "an element for all keys", "map host-ports has an element for all keys",
            commands: "add element TABLE host-ports { * : 192.0.2.7 . 9 }"),
    ]

    private static let rules =
        TableAlteration.rules(of: "prerouting", count: 1) + TableAlteration.rules(of: "output", count: 1)
        + TableAlteration.rules(of: "host-ports", count: 2) + TableAlteration.rules(of: "postrouting", count: 5)

    private func lines(_ node: PluginNode) throws -> Set<String> {
        var connection = try node.namespace.nftConnection()
        return try #require(try connection.dump(PodTableContent.tableIDs[0])).lines
    }

    private static func keys(_ port: Int) -> String {
        #","runtimeConfig":{"portMappings":[{"hostPort":\#(port),"containerPort":8080,"protocol":"tcp"}]}"#
    }

    @Test("CHECK names what is wrong; GC and the next ADD mend it", arguments: declarations + rules)
    func alteration(_ alteration: TableAlteration) async throws {
        let list = PluginList(try PluginNode(), keys: #","ipMasq":true"#)
        let node = list.node
        let pod = try node.makePod()
        let result = try await list.add(keys: Self.keys(9000), pod: pod)
        let before = try lines(node)

        func alter() async throws {
            try await alteration.apply(to: "ip fairway-cni", in: node.namespace)
            let error = try ErrorOutcome(
                try await list.start(
                    "CHECK", list.entries[0], keys: Self.keys(9000), previous: result, pod: pod.path
                ).outcome())
            #expect(error.code == 103, "\(error)")
            #expect(error.details.contains("table ip fairway-cni: \(alteration.words)"), "\(error.details)")
        }

        try await alter()
        try await list.collect(sparing: ["c1"])
        #expect(try lines(node) == before)
        try await list.check(keys: Self.keys(9000), previous: result, pod: pod)

        try await alter()
        try await list.add(keys: Self.keys(9001), container: "c2", pod: try node.makePod())
        let after = try lines(node)
        #expect(before.isSubset(of: after), "\(before.subtracting(after))")
        try await list.check(keys: Self.keys(9000), previous: result, pod: pod)
    }

    @Test("A table of a later release is an error that names it for ADD, CHECK, DEL and GC, and is left alone")
    func newerFormat() async throws {
        let list = PluginList(try PluginNode())
        let pod = try list.node.makePod()
        let result = try await list.add(keys: Self.keys(9000), pod: pod)
        try await list.node.namespace.nft(
            "flush set ip fairway-cni format; add element ip fairway-cni format { 0x3e7 }")
        let before = try lines(list.node)
        for (command, keys) in [
            ("ADD", Self.keys(9001)), ("CHECK", Self.keys(9000)), ("DEL", Self.keys(9000)),
            ("GC", PluginList.valid([])),
        ] {
            let isNew = command == "ADD"
            let error = try ErrorOutcome(
                try await list.start(
                    command, list.entries[0], keys: keys, previous: command == "GC" || isNew ? nil : result,
                    container: isNew ? "c2" : "c1", pod: isNew ? try list.node.makePod().path : pod.path
                ).outcome())
            #expect(error.details.contains("table ip fairway-cni has format 999"), "\(command): \(error)")
            #expect(try lines(list.node) == before)
        }
    }
}
