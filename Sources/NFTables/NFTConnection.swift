import CMNL
import CNFTNL
import Glibc
import LinuxSystem
import NetworkTypes

/// A connection to nf_tables of one network namespace: commits transactions and dumps tables.
///
/// It is opened in the namespace that it speaks for and used by one thread at a time. All calls block until the kernel
/// has answered; a commit returns when the transaction is in force or refused. Needs CAP_NET_ADMIN.
package struct NFTConnection: ~Copyable, Sendable {
    let socket: Socket
    private var sequence: UInt32 = 1

    package init() throws(NFTablesError) {
        socket = try Socket()
        socket.reserve(receiveBuffer: 1 << 20)
    }

    mutating func takeSequence() -> UInt32 {
        sequence = sequence &+ 1
        return sequence
    }

    /// Commits a transaction: all of it is in force when the call returns, or nothing of it and the call throws.
    ///
    /// - Throws: `NFTablesError` that names the first operation the kernel refused.
    package mutating func commit(_ transaction: Transaction) throws(NFTablesError) {
        guard !transaction.isEmpty else { return }
        guard let batch = Batch(transaction, firstSequence: takeSequence()) else {
            throw NFTablesError("build transaction", Errno(rawValue: ENOMEM))
        }
        sequence = sequence &+ UInt32(truncatingIfNeeded: batch.operations.count)
        socket.reserve(sendBuffer: batch.count)
        let what = "transaction of \(transaction.operations.count) operations, \(batch.count) bytes"
        do throws(Errno) {
            unsafe try socket.send(batch.memory, count: batch.count)
        } catch {
            let isTooLong = error == Errno(rawValue: EMSGSIZE)
            throw NFTablesError(what, error, message: isTooLong ? "raise net.core.wmem_max" : nil)
        }
        // sendmsg has carried the transaction out: the answers wait in the receive buffer already.
        var committed = false
        var failure: NFTablesError?
        do throws(Errno) {
            try drain(wait: false) { reply in
                guard case .acknowledgement(let error, let message) = reply.kind else { return }
                let ordinal = Int(reply.sequence &- batch.firstSequence)
                guard batch.operations.indices.contains(ordinal) else { return }
                if error == 0 {
                    committed = committed || reply.sequence == batch.lastOperationSequence
                } else if failure == nil {
                    let index = batch.operations[ordinal]
                    let name =
                        transaction.operations.indices.contains(index)
                        ? transaction.operations[index].description : what
                    failure = NFTablesError(name, Errno(rawValue: error), message: message)
                }
            }
        } catch {
            throw NFTablesError(what, error)
        }
        if let failure { throw failure }
        if !committed { throw NFTablesError("\(what): no acknowledgement", Errno(rawValue: EPROTO)) }
    }

    /// The namespace's generation: the kernel counts it up with every transaction that anybody commits.
    package mutating func generation() throws(NFTablesError) -> UInt32 {
        var generation: UInt32?
        unsafe try request(Message.getGeneration, family: 0, flags: 0, "get generation") { message in
            guard let gen = unsafe nftnl_gen_alloc() else { return }
            if unsafe nftnl_gen_nlmsg_parse(message, gen) == 0 {
                generation = unsafe nftnl_gen_get_u32(gen, attribute(NFTNL_GEN_ID))
            }
            unsafe nftnl_gen_free(gen)
        }
        guard let generation else { throw NFTablesError("get generation", Errno(rawValue: EPROTO)) }
        return generation
    }

    /// True when the table exists.
    package mutating func exists(_ table: TableID) throws(NFTablesError) -> Bool {
        do {
            unsafe try request(
                Message.getTable, family: table.family.netfilterNumber, flags: NLM_F_ACK, "get table \(table)"
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
        let family = table.family.netfilterNumber
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
        let name = set.declaration.name
        let isVerdictMap = set.declaration.data == .verdict
        unsafe try request(
            Message.getElement, family: table.family.netfilterNumber, flags: NLM_F_DUMP, "dump set \(table) \(name)"
        ) {
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_ELEM_LIST_TABLE), table.name)
            unsafe mnl_attr_put_strz($0, attribute(NFTA_SET_ELEM_LIST_SET), name)
        } each: { message in
            guard let part = SetObject(), unsafe nftnl_set_elems_nlmsg_parse(message, part.raw) == 0,
                let iterator = unsafe nftnl_set_elems_iter_create(part.raw)
            else { return }
            while let element = unsafe nftnl_set_elems_iter_next(iterator) {
                if !isVerdictMap {
                    unsafe set.elements.append(element)
                } else if let verdict = unsafe VerdictElement(element) {
                    set.verdicts.append(verdict)
                }
            }
            unsafe nftnl_set_elems_iter_destroy(iterator)
        }
    }
}
