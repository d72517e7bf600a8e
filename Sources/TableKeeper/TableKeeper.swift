package import LinuxSystem
package import NFTables

/// Keeps tables equal to a content: the one order of recovery for all of them.
///
/// Refused: dump, compare, mend. Refused again: where a table differed, it is made anew; where none did, the batch is
/// halved down to the objects at fault, which are named while the rest is applied. What the machine is short of for the
/// moment is never a reason to make a table anew: such an error is thrown, and the caller tries again later.
package struct TableKeeper {
    package let connection: any TableConnection

    /// How often a dump is compared again because somebody else committed meanwhile.
    private static let attempts = 10

    package init(_ connection: any TableConnection) { self.connection = connection }

    /// What came of a reconciliation.
    package struct Outcome<Object: Hashable & Sendable>: Sendable {
        /// The generation in which the tables were as the content has them; nil where others commit all the time.
        package var generation: UInt32?
        /// In what the tables differed, elements apart, a sentence each.
        package var damage: [String] = []
        /// The tables that differed so.
        package var damaged: Set<TableID> = []
        /// What the kernel refuses to take, each with the reason; it stays as the kernel has it.
        package var refused: [(object: Object, reason: NetlinkError)] = []
        /// Transactions that were committed.
        package var commits = 0
    }

    /// Makes the kernel's tables equal to the content, whatever they are now.
    ///
    /// - Throws: what the machine is short of, what is forbidden, and a later release's format.
    package func reconcile<Content: TableContent>(
        _ content: inout Content
    ) throws(KeeperError) -> Outcome<Content.Object> {
        var outcome = Outcome<Content.Object>()
        do throws(KeeperError) {
            try attempt(&content, excluding: [], anew: [], &outcome)
            return outcome
        } catch {
            guard error.isRefusal else { throw error }
        }
        if !outcome.damaged.isEmpty {
            do throws(KeeperError) {
                try attempt(&content, excluding: [], anew: outcome.damaged, &outcome)
                return outcome
            } catch {
                guard error.isRefusal else { throw error }
            }
        }
        try isolate(&content, &outcome)
        return outcome
    }

    private func isolate<Content: TableContent>(
        _ content: inout Content, _ outcome: inout Outcome<Content.Object>
    ) throws(KeeperError) {
        let kernel = try asking { () throws(NetlinkError) in try connection.dump(content.tables) }
        let pending = content.pending(kernel)
        var waiting = Set(pending)
        // Where that is refused as well, no object is at fault.
        try attempt(&content, excluding: waiting, anew: [], &outcome)
        let refused = try Halving.apply(pending[...], isAtFault: \.isRefusal) { batch throws(KeeperError) in
            try attempt(&content, excluding: waiting.subtracting(batch), anew: [], &outcome)
            waiting.subtract(batch)
        }
        for case (let object, .kernel(let reason)) in refused { outcome.refused.append((object, reason)) }
        // The content's own idea of the kernel is that of the last attempt, which may have failed.
        try attempt(&content, excluding: waiting, anew: [], &outcome)
    }

    private func attempt<Content: TableContent>(
        _ content: inout Content, excluding excluded: Set<Content.Object>, anew: Set<TableID>,
        _ outcome: inout Outcome<Content.Object>
    ) throws(KeeperError) {
        for number in 1...Self.attempts {
            var generation = try asking { () throws(NetlinkError) in try connection.generation() }
            let kernel = try asking { () throws(NetlinkError) in try connection.dump(content.tables) }
            let changes: TableChanges
            do throws(NewerFormat) {
                changes = try content.reconcile(with: kernel, excluding: excluded, anew: anew)
            } catch {
                throw .newerFormat(error)
            }
            if outcome.damage.isEmpty { outcome.damage = changes.damage }
            outcome.damaged.formUnion(changes.damaged)
            if number == Self.attempts {
                // Somebody commits all the time: what was compared may be outdated, so nobody may rely on it.
                for transaction in changes.transactions {
                    try asking { () throws(NetlinkError) in try connection.commit(transaction) }
                    outcome.commits += 1
                }
                outcome.generation = nil
                return
            }
            if try commit(changes.transactions, at: &generation, &outcome.commits) {
                outcome.generation = generation
                return
            }
        }
    }

    /// Commits transactions as long as nobody else does.
    private func commit(
        _ transactions: [Transaction], at generation: inout UInt32, _ commits: inout Int
    ) throws(KeeperError) -> Bool {
        if transactions.isEmpty {
            return try asking { () throws(NetlinkError) in try connection.generation() } == generation
        }
        for transaction in transactions {
            let expected = generation
            let next = try asking { () throws(NetlinkError) in
                try connection.commit(transaction, ifGeneration: expected)
            }
            guard let next else { return false }
            commits += 1
            generation = next
        }
        return true
    }
}

extension KeeperError {
    /// The kernel does not want what was sent; everything else has other causes.
    var isRefusal: Bool {
        guard case .kernel(let error) = self else { return false }
        return !error.isTransient && !error.isForbidden
    }
}
