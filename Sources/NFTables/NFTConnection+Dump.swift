import CMNL
import CNFTNL
import Glibc
import LinuxSystem

extension NFTConnection {
    /// True when the table exists.
    package mutating func exists(_ table: TableID) throws(NFTablesError) -> Bool {
        do {
            unsafe try request(
                Message.getTable, family: table.family.rawValue, flags: 0, "get table \(table)"
            ) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_TABLE_NAME), table.name)
            } each: { _ in
            }
            return true
        } catch {
            guard error.errno == .notFound else { throw error }
            return false
        }
    }

    /// Reads a table whole; nil when it does not exist.
    ///
    /// A dump that somebody's commit interrupted is read again, ten times at most.
    package mutating func dump(_ table: TableID) throws(NFTablesError) -> TableSnapshot? {
        for _ in 0..<10 {
            do {
                guard try exists(table) else { return nil }
                return try dumpOnce(table)
            } catch {
                guard error.errno == .interrupted || error.errno == .notFound else { throw error }
            }
        }
        throw NFTablesError("dump table \(table)", .interrupted)
    }

    private mutating func dumpOnce(_ table: TableID) throws(NFTablesError) -> TableSnapshot {
        var snapshot = TableSnapshot()
        let family = table.family.rawValue
        unsafe try request(Message.getChain, family: family, flags: NLM_F_DUMP, "dump chains of \(table)") { message in
            guard let chain = ChainObject(), unsafe nftnl_chain_nlmsg_parse(message, chain.raw) == 0,
                unsafe isTable(table, nftnl_chain_get_str(chain.raw, attribute(NFTNL_CHAIN_TABLE)))
            else { return }
            snapshot.chains[chain.name] = TableSnapshot.Chain(hook: chain.hook)
        }
        unsafe try request(Message.getRule, family: family, flags: NLM_F_DUMP, "dump rules of \(table)") {
            unsafe mnl_attr_put_strz($0, attribute(NFTA_RULE_TABLE), table.name)
        } each: { message in
            guard let rule = RuleObject(), unsafe nftnl_rule_nlmsg_parse(message, rule.raw) == 0,
                unsafe isTable(table, nftnl_rule_get_str(rule.raw, attribute(NFTNL_RULE_TABLE))),
                let chain = unsafe nftnl_rule_get_str(rule.raw, attribute(NFTNL_RULE_CHAIN))
            else { return }
            snapshot.chains[unsafe String(cString: chain), default: TableSnapshot.Chain()].rules.append(rule.bytecode)
        }
        unsafe try request(Message.getSet, family: family, flags: NLM_F_DUMP, "dump sets of \(table)") {
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_TABLE), table.name)
        } each: { message in
            guard let set = SetObject(), unsafe nftnl_set_nlmsg_parse(message, set.raw) == 0, !set.isAnonymous else {
                return
            }
            snapshot.sets[set.name] = TableSnapshot.Set(declaration: set.declaration)
        }
        for name in snapshot.sets.keys.sorted() {
            guard var set = snapshot.sets.removeValue(forKey: name) else { continue }
            try dumpElements(of: &set, table)
            snapshot.sets[name] = set
        }
        return snapshot
    }

    private mutating func dumpElements(of set: inout TableSnapshot.Set, _ table: TableID) throws(NFTablesError) {
        var ranges = RangeBounds()
        let name = set.declaration.name
        let isVerdictMap = set.declaration.data == .verdict
        unsafe try request(
            Message.getElement, family: table.family.rawValue, flags: NLM_F_DUMP, "dump set \(table) \(name)"
        ) {
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_ELEM_LIST_TABLE), table.name)
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_ELEM_LIST_SET), name)
        } each: { message in
            unsafe eachElement(message) { element in
                if set.declaration.keyForm == .range {
                    unsafe ranges.append(element)
                } else if !isVerdictMap {
                    unsafe set.elements.append(element)
                } else if let verdict = unsafe VerdictElement(element) {
                    set.verdicts.append(verdict)
                }
            }
        }
        if set.declaration.keyForm == .range { set.elements = ranges.elements(of: set.declaration) }
    }
}
