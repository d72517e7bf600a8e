/// What is particular to the tables whose declarations are altered.
package struct AlteredTable: Sendable {
    /// The priority of the chain `output`.
    package let priority: Int
    /// The type of the family's addresses: `ipv4_addr`.
    package let address: String
    /// A map with an address or port that is in use, and a size that is too small for it or for what comes next.
    package let sized: (map: String, size: Int)
    /// An element for all keys, and its map.
    package let catchall: (map: String, data: String)
    /// A map from protocol and port.
    package let ports: String
    /// The chains whose rules look into that map.
    package let lookingChains: [String]

    package init(
        priority: Int, address: String, sized: (map: String, size: Int), catchall: (map: String, data: String),
        ports: String, lookingChains: [String]
    ) {
        self.priority = priority
        self.address = address
        self.sized = sized
        self.catchall = catchall
        self.ports = ports
        self.lookingChains = lookingChains
    }
}

extension TableAlteration {
    /// What can be done to the declarations of a table that has the base chains `prerouting`, `output` and `postrouting`
    /// and the set `hairpin`, which `postrouting` alone looks into.
    package static func declarations(of table: AlteredTable) -> [TableAlteration] {
        chains(table.priority) + sets(table.address) + maps(table) + strangers
    }

    private static func chains(_ priority: Int) -> [TableAlteration] {
        let output = "flush chain TABLE output; delete chain TABLE output; add chain TABLE output"
        return [
            .init("dormant", "the table has flags dormant", commands: "add table TABLE { flags dormant ; }"),
            .init(
                "policy", "chain prerouting: policy drop, not accept",
                commands: "chain TABLE prerouting { policy drop; }"),
            .init(
                "hook",
                "chain output: type nat hook input priority \(priority), not type nat hook output priority \(priority)",
                commands: output + " { type nat hook input priority \(priority); }"),
            .init(
                "priority", "chain output: type nat hook output priority -90, not",
                commands: output + " { type nat hook output priority -90; }"),
            .init(
                "type", "chain output: type filter hook output",
                commands: output + " { type filter hook output priority \(priority); }"),
            .init("not attached", "chain output: not attached, not type nat hook output", commands: output),
            .init(
                "a chain less", "chain postrouting is missing",
                commands: "flush chain TABLE postrouting; delete chain TABLE postrouting"),
        ]
    }

    private static func sets(_ address: String) -> [TableAlteration] {
        let hairpin = "flush chain TABLE postrouting; delete set TABLE hairpin"
        let pair = "\(address) . \(address)"
        return [
            .replacing(
                "timeout", "set hairpin: other flags (timeout)", "set hairpin {", with: "set hairpin {\n\t\ttimeout 1h"),
            .replacing(
                "gc interval", "set hairpin: a gc-interval of 600000 ms, not 0", "set hairpin {",
                with: "set hairpin {\n\t\ttimeout 1h\n\t\tgc-interval 10m"),
            .replacing(
                "memory before speed", "set hairpin: another policy", "set hairpin {",
                with: "set hairpin {\n\t\tpolicy memory"),
            .init(
                "key type", "set hairpin: keys of another type",
                commands: hairpin + "; add set TABLE hairpin { type \(address) . inet_service; }"),
            .init(
                "map for set", "set hairpin: a map, not a set",
                commands: hairpin + "; add map TABLE hairpin { type \(pair) : mark; }"),
            .init(
                "interval", "set hairpin: other flags (interval",
                commands: hairpin + "; add set TABLE hairpin { type \(pair); flags interval; }"),
            .init(
                "dynamic", "set hairpin: other flags (dynamic)",
                commands: hairpin + "; add set TABLE hairpin { type \(pair); flags dynamic; }"),
            .init("a set less", "set hairpin is missing", commands: hairpin),
        ]
    }

    private static func maps(_ table: AlteredTable) -> [TableAlteration] {
        let (sized, catchall, ports) = (table.sized, table.catchall, table.ports)
        let delete = table.lookingChains.map { "flush chain TABLE \($0); " }.joined() + "delete map TABLE \(ports)"
        return [
            .replacing(
                "size", "map \(sized.map): size \(sized.size), not unlimited", "map \(sized.map) {",
                with: "map \(sized.map) {\n\t\tsize \(sized.size)"),
            .init(
                "set for map", "map \(ports): a set, not a map",
                commands: delete + "; add set TABLE \(ports) { type inet_proto . inet_service; }"),
            .init(
                "data type", "map \(ports): data of another type",
                commands: delete + "; add map TABLE \(ports) { type inet_proto . inet_service : mark; }"),
            .init(
                "an element for all keys", "map \(catchall.map) has an element for all keys",
                commands: "add element TABLE \(catchall.map) { * : \(catchall.data) }"),
        ]
    }

    private static let strangers: [TableAlteration] = [
        .init("a set more", "set strange is nobody's", commands: "add set TABLE strange { type mark; }"),
        .init(
            "a base chain more", "chain strange is nobody's",
            commands: "add chain TABLE strange { type filter hook forward priority 0; policy drop; }"),
        .init(
            "a chain more, with a map that leads there", "set strange-map is nobody's",
            commands: """
                add chain TABLE strange
                add map TABLE strange-map { type mark : verdict; elements = { 1 : goto strange }; }
                """),
    ]
}
