import CMNL
import CNFTNL
import Glibc
package import LinuxSystem

extension NFTConnection {
    /// What holds for a whole table; nil when it does not exist.
    package mutating func flags(of table: TableID) throws(NetlinkError) -> TableFlags? {
        var flags: TableFlags?
        do {
            unsafe try request(
                Message.getTable, family: table.family.rawValue, flags: 0, "get table \(table)"
            ) {
                unsafe mnl_attr_put_strz($0, attribute(NFTA_TABLE_NAME), table.name)
            } each: { message in
                guard let object = unsafe nftnl_table_alloc() else { return }
                defer { unsafe nftnl_table_free(object) }
                guard unsafe nftnl_table_nlmsg_parse(message, object) == 0 else { return }
                flags = TableFlags(rawValue: unsafe nftnl_table_get_u32(object, attribute(NFTNL_TABLE_FLAGS)))
            }
        } catch {
            guard error.errno == .notFound else { throw error }
            return nil
        }
        return flags
    }

    /// Reads a table; nil when it does not exist.
    ///
    /// A dump that somebody's commit interrupted is read again, ten times at most.
    ///
    /// - Parameter isWanted: whether to read the elements of a set of this name.
    package mutating func dump(
        _ table: TableID, elementsOf isWanted: (String) -> Bool = { _ in true }
    ) throws(NetlinkError) -> TableSnapshot? {
        for _ in 0..<10 {
            do {
                guard let flags = try flags(of: table) else { return nil }
                return try dumpOnce(table, flags, isWanted)
            } catch {
                guard error.errno == .interrupted || error.errno == .notFound else { throw error }
            }
        }
        throw NetlinkError("dump table \(table)", .interrupted)
    }

    private mutating func dumpOnce(
        _ table: TableID, _ flags: TableFlags, _ isWanted: (String) -> Bool
    ) throws(NetlinkError) -> TableSnapshot {
        var snapshot = TableSnapshot()
        snapshot.flags = flags
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
            // The kernel sends this table's only. A rule that nobody can read does something all the same.
            guard let rule = RuleObject(), unsafe nftnl_rule_nlmsg_parse(message, rule.raw) == 0 else {
                snapshot.unreadable += 1
                return
            }
            guard unsafe isTable(table, nftnl_rule_get_str(rule.raw, attribute(NFTNL_RULE_TABLE))),
                let chain = unsafe nftnl_rule_get_str(rule.raw, attribute(NFTNL_RULE_CHAIN))
            else { return }
            snapshot.chains[unsafe String(cString: chain), default: TableSnapshot.Chain()].rules.append(rule.rule)
        }
        unsafe try request(Message.getSet, family: family, flags: NLM_F_DUMP, "dump sets of \(table)") {
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_TABLE), table.name)
        } each: { message in
            guard let set = SetObject(), unsafe nftnl_set_nlmsg_parse(message, set.raw) == 0 else {
                snapshot.unreadable += 1
                return
            }
            let declaration = set.declaration
            if declaration.flags.contains(.anonymous) { return }
            snapshot.sets[declaration.name] = TableSnapshot.Set(declaration: declaration)
        }
        for name in snapshot.sets.keys.sorted() where isWanted(name) {
            guard var set = snapshot.sets.removeValue(forKey: name) else { continue }
            try dumpElements(of: &set, table)
            snapshot.sets[name] = set
        }
        return snapshot
    }

    private mutating func dumpElements(of set: inout TableSnapshot.Set, _ table: TableID) throws(NetlinkError) {
        var ranges = RangeBounds()
        let name = set.declaration.name
        let isVerdictMap = set.declaration.data == .verdict
        unsafe try forEachElement(of: name, in: table) { element in
            if unsafe NFTables.flags(of: element) & UInt32(NFT_SET_ELEM_CATCHALL.rawValue) != 0 {
                set.hasCatchall = true
            } else if set.declaration.keyForm == .range {
                unsafe ranges.append(element)
            } else if !isVerdictMap {
                unsafe set.elements.append(element)
            } else if let verdict = unsafe VerdictElement(element) {
                set.verdicts.append(verdict)
            }
        }
        if set.declaration.keyForm == .range { set.elements = ranges.elements(of: set.declaration) }
    }

    /// Hands over each element of a set.
    mutating func forEachElement(
        of set: String, in table: TableID, _ body: (OpaquePointer) -> Void
    ) throws(NetlinkError) {
        unsafe try request(
            Message.getElement, family: table.family.rawValue, flags: NLM_F_DUMP, "dump set \(table) \(set)"
        ) {
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_ELEM_LIST_TABLE), table.name)
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_ELEM_LIST_SET), set)
        } each: { message in
            unsafe eachElement(message, body)
        }
    }
}
