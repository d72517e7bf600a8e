import LinuxSystem
import NFTables
import PodTables
import TestSupport
import Testing

/// What somebody else did to the plugin's table: CHECK names it; GC, and the next pod's ADD, mend it.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct TableAlterationTests {
    private static func declarations(_ family: String, _ address: String, catchall: String) -> [TableAlteration] {
        let table = AlteredTable(
            priority: -99, address: address, sized: ("host-ports", 9), catchall: ("host-ports", catchall),
            ports: "host-ports", lookingChains: ["host-ports"])
        return TableAlteration.declarations(of: table).map { $0.on("\(family) fairway-cni") }
    }

    private static func rules(_ family: String) -> [TableAlteration] {
        let chains = [("prerouting", 1), ("output", 1), ("host-ports", 2), ("postrouting", 8)]
        return chains.flatMap { TableAlteration.rules(of: $0, count: $1) }.map { $0.on("\(family) fairway-cni") }
    }

    /// What is in one family's table only: the guards.
    private static let guards: [TableAlteration] =
        ([
            .init(
                "guard not attached", "chain loopback-guard: not attached",
                commands: """
                    flush chain TABLE loopback-guard
                    delete chain TABLE loopback-guard
                    add chain TABLE loopback-guard
                    """)
        ] + TableAlteration.rules(of: "loopback-guard", count: 2)).map { $0.on("ip fairway-cni") }
        + ([
            .init("dormant", "the table has flags dormant", commands: "add table TABLE { flags dormant ; }"),
            .init(
                "policy", "chain prerouting: policy drop, not accept",
                commands: "chain TABLE prerouting { policy drop; }"),
            .init(
                "hook", "chain prerouting: type filter hook forward priority -300, not",
                commands: """
                    flush chain TABLE prerouting
                    delete chain TABLE prerouting
                    add chain TABLE prerouting { type filter hook forward priority -300; }
                    """),
            .init(
                "a set less", "set allowed is missing",
                commands: "flush chain TABLE prerouting; delete set TABLE allowed"),
            .init(
                "key type", "set guarded: keys of another type",
                commands: """
                    flush chain TABLE prerouting
                    delete set TABLE guarded
                    add set TABLE guarded { type mark; }
                    """),
            .replacing(
                "size", "set guarded: size 9, not unlimited", "set guarded {", with: "set guarded {\n\t\tsize 9"),
            .init("a set more", "set strange is nobody's", commands: "add set TABLE strange { type mark; }"),
            .init("a chain more", "chain strange is nobody's", commands: "add chain TABLE strange"),
        ] + TableAlteration.rules(of: "prerouting", count: 2)).map { $0.on("bridge fairway-cni") }

    private static let alterations =
        declarations("ip", "ipv4_addr", catchall: "192.0.2.7 . 9") + rules("ip")
        + declarations("ip6", "ipv6_addr", catchall: "2001:db8::7 . 9") + rules("ip6") + guards

    private func lines(_ node: PluginNode) throws -> Set<String> {
        try node.namespace.lines(of: PodTableContent.tableIDs)
    }

    private static func keys(_ port: Int) -> String {
        #","runtimeConfig":{"portMappings":[{"hostPort":\#(port),"containerPort":8080,"protocol":"tcp"}]}"#
    }

    @Test("CHECK names what is wrong; GC and the next ADD mend it", arguments: alterations)
    func alteration(_ alteration: TableAlteration) async throws {
        let list = PluginList(try PluginNode(), keys: #","ipMasq":true,"macspoofchk":true,"loopbackHostPorts":true"#)
        let node = list.node
        let pod = try node.makePod()
        let result = try await list.add(keys: Self.keys(9000), pod: pod)
        let before = try lines(node)

        func alter() async throws {
            try await alteration.apply(in: node.namespace)
            let error = try ErrorOutcome(
                try await list.start(
                    "CHECK", list.entries[0], keys: Self.keys(9000), previous: result, pod: pod.path
                ).outcome())
            #expect(error.code == 103, "\(error)")
            #expect(error.details.contains(alteration.sentence), "\(error.details)")
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
