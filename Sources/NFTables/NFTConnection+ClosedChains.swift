import CMNL
import CNFTNL
import Glibc
package import LinuxSystem

extension NFTConnection {
    /// The closed chains on what the node forwards, takes in and sends out, of all tables of both families.
    ///
    /// What `iptables-legacy` keeps is not in nf_tables and is not seen.
    ///
    /// - Parameter isLeftOut: by a table's name.
    package mutating func closedChains(except isLeftOut: (String) -> Bool) throws(NetlinkError) -> [ClosedChain] {
        // A dump that somebody's commit interrupted is read again.
        for _ in 0..<10 {
            do {
                return try closedChainsOnce(isLeftOut)
            } catch {
                guard error.errno == .interrupted else { throw error }
            }
        }
        throw NetlinkError("dump chains", .interrupted)
    }

    private mutating func closedChainsOnce(_ isLeftOut: (String) -> Bool) throws(NetlinkError) -> [ClosedChain] {
        let dormant = try dormantTables()
        var closed: [ClosedChain] = []
        var open: [ClosedChain] = []
        unsafe try request(Message.getChain, family: UInt32(AF_UNSPEC), flags: NLM_F_DUMP, "dump chains") { message in
            guard let chain = ChainObject(), unsafe nftnl_chain_nlmsg_parse(message, chain.raw) == 0,
                let hook = chain.hook, hook.kind == .filter, Self.firewallPoints.contains(hook.point),
                let name = unsafe nftnl_chain_get_str(chain.raw, attribute(NFTNL_CHAIN_TABLE))
            else { return }
            let family = unsafe UInt8(truncatingIfNeeded: nftnl_chain_get_u32(chain.raw, attribute(NFTNL_CHAIN_FAMILY)))
            let table = unsafe String(cString: name)
            guard Self.firewallFamilies.contains(family), !isLeftOut(table), !dormant.contains("\(family) \(table)")
            else { return }
            let isClosed = hook.policy == .drop
            let found = ClosedChain(
                family: family, table: table, chain: chain.name, point: hook.point, end: isClosed ? .policy : .lastRule)
            if isClosed { closed.append(found) } else { open.append(found) }
        }
        for chain in open where try endsInDrop(chain) { closed.append(chain) }
        return closed
    }

    private static let firewallPoints: [Chain.Hook.Point] = [.input, .forward, .output]
    private static let firewallFamilies = [
        ClosedChain.inet, UInt8(TableFamily.ip.rawValue), UInt8(TableFamily.ip6.rawValue),
    ]

    private mutating func dormantTables() throws(NetlinkError) -> Set<String> {
        var dormant: Set<String> = []
        unsafe try request(Message.getTable, family: UInt32(AF_UNSPEC), flags: NLM_F_DUMP, "dump tables") { message in
            guard let table = unsafe nftnl_table_alloc() else { return }
            defer { unsafe nftnl_table_free(table) }
            guard unsafe nftnl_table_nlmsg_parse(message, table) == 0,
                let name = unsafe nftnl_table_get_str(table, attribute(NFTNL_TABLE_NAME))
            else { return }
            let flags = TableFlags(rawValue: unsafe nftnl_table_get_u32(table, attribute(NFTNL_TABLE_FLAGS)))
            let family = unsafe nftnl_table_get_u32(table, attribute(NFTNL_TABLE_FAMILY))
            if flags.contains(.dormant) { dormant.insert(unsafe "\(family) \(String(cString: name))") }
        }
        return dormant
    }

    /// Whether the last rule of a chain ends whatever comes to it.
    private mutating func endsInDrop(_ chain: ClosedChain) throws(NetlinkError) -> Bool {
        var isDrop = false
        do {
            unsafe try request(
                Message.getRule, family: UInt32(chain.family), flags: NLM_F_DUMP, "dump rules of \(chain)"
            ) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_RULE_TABLE), chain.table)
                unsafe mnl_attr_put_strz($0, attribute(NFTA_RULE_CHAIN), chain.chain)
            } each: { message in
                guard let rule = RuleObject(), unsafe nftnl_rule_nlmsg_parse(message, rule.raw) == 0 else { return }
                isDrop = rule.endsEverything
            }
        } catch {
            // Gone since.
            guard error.errno == .notFound else { throw error }
        }
        return isDrop
    }
}

extension RuleObject {
    /// It drops or rejects every packet that comes to it.
    fileprivate var endsEverything: Bool {
        guard let iterator = unsafe nftnl_expr_iter_create(raw) else { return false }
        defer { unsafe nftnl_expr_iter_destroy(iterator) }
        while let raw = unsafe nftnl_expr_iter_next(iterator) {
            let expression = unsafe ExpressionReader(raw: raw)
            switch expression.name {
            // They let every packet pass on to the next expression.
            case "counter", "log": continue
            case "reject": return true
            case "target": return ["DROP", "REJECT"].contains(expression.string(NFTNL_EXPR_TG_NAME))
            default: return unsafe Expression(raw) == .verdict(.drop)
            }
        }
        return false
    }
}
