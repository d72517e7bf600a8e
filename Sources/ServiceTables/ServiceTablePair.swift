package import Frontends
package import NFTables
import NetworkTypes

/// The nftables ruleset of all Services, in the tables `ip fairway` and `ip6 fairway`.
///
/// It turns steps of `FrontendModel` into transactions of a handful of elements. It is a value without I/O: whoever owns
/// it commits the transactions, and where one fails starts anew from a dump with `reconcile`.
package struct ServiceTablePair {
    package let options: ServiceTableOptions
    private var ipv4: ServiceTable
    private var ipv6: ServiceTable
    /// The time, in nanoseconds of a monotonic clock, as transactions need it.
    package var now: UInt64 = 0

    /// The tables that it keeps.
    package static let tableIDs = IPFamily.allCases.map { TableLayout(family: $0).table }

    /// Starts without tables in the kernel.
    package init(_ options: ServiceTableOptions) {
        self.options = options
        ipv4 = ServiceTable(.ipv4, options)
        ipv6 = ServiceTable(.ipv6, options)
    }

    /// Starts from what the kernel holds; all of it is kept until it is claimed or released.
    ///
    /// - Parameter kernel: the dumps of `tableIDs` that exist.
    /// - Throws: where a later release made one of them.
    package init(_ options: ServiceTableOptions, kernel: [TableID: TableSnapshot]) throws(NewerFormat) {
        self.options = options
        ipv4 = try ServiceTable(.ipv4, options, kernel: kernel[TableLayout(family: .ipv4).table])
        ipv6 = try ServiceTable(.ipv6, options, kernel: kernel[TableLayout(family: .ipv6).table])
    }

    /// Whether this release may touch tables that are there.
    ///
    /// - Parameter kernel: the dumps of those that exist.
    /// - Throws: where a later release made one of them.
    package static func checkFormats(_ kernel: [TableID: TableSnapshot]) throws(NewerFormat) {
        for table in tableIDs {
            if let snapshot = kernel[table] {
                try TableBlueprint.checkFormat(of: table, snapshot, known: TableRules.format)
            }
        }
    }

    package mutating func apply(_ changes: [FrontendChange]) {
        for change in changes { apply(change) }
    }

    private mutating func apply(_ change: FrontendChange) {
        let family: IPFamily? =
            switch change {
            case .poolAdded(let id, _), .poolRemoved(let id), .backendAdded(let id, _), .backendRemoved(let id, _):
                id.family
            case .frontendSet(let frontend, _), .frontendRemoved(let frontend): frontend.family
            case .localEndpointAdded(let address), .localEndpointRemoved(let address), .clusterIPAdded(let address),
                .clusterIPRemoved(let address):
                address.family
            case .serviceNetworksSet, .nodeSet, .endpointAddressesChanged, .endpointAddressesComplete: nil
            }
        if family != .ipv6 { ipv4.apply(change) }
        if family != .ipv4 { ipv6.apply(change) }
    }

    /// Lets go of everything that was found in the kernel and that no object has claimed since.
    package mutating func release() {
        ipv4.release()
        ipv6.release()
    }

    /// Builds the transactions that make the kernel equal to the rules, and takes them as committed.
    ///
    /// Chains of new shapes come in a transaction before the one that sends packets there: a packet under way reads
    /// rules as they were when it came in but elements as they are, and would find a chain of the same transaction
    /// empty. Ranges come before the rules that look for them. Nearly always there is one transaction.
    ///
    /// - Parameter now: nanoseconds of a monotonic clock.
    /// - Returns: transactions to commit in this order; none where nothing changed.
    package mutating func takeTransactions(now: UInt64) -> [Transaction] {
        self.now = now
        var (beginning, preparation, transaction) = (Transaction(), Transaction(), Transaction())
        ipv4.appendChanges(to: &transaction, preparation: &preparation, beginning: &beginning, now: now)
        ipv6.appendChanges(to: &transaction, preparation: &preparation, beginning: &beginning, now: now)
        if beginning.isEmpty, preparation.isEmpty { return transaction.isEmpty ? [] : [transaction] }
        return [beginning, preparation, transaction].filter { !$0.isEmpty }
    }

    /// When the next transaction is due although nothing changed, in nanoseconds of the same clock; nil for never.
    package var nextDeadline: UInt64? { [ipv4.nextDeadline, ipv6.nextDeadline].compactMap(\.self).min() }

    /// The kernel has no tables, and nothing of them has been made yet: whatever comes can be put in force piece by piece.
    package var areNew: Bool { tablesByFamily.allSatisfy(\.isNew) }

    var tablesByFamily: [ServiceTable] { [ipv4, ipv6] }

    /// How many frontends there are, and how many endpoints all of them together.
    package var size: (frontends: Int, backends: Int) {
        tablesByFamily.reduce((0, 0)) { ($0.0 + $1.frontends.count, $0.1 + $1.backendCount) }
    }
}

extension ServiceTablePair: TableContent {
    package var tables: [TableID] { Self.tableIDs }

    package func pending(_ kernel: [TableID: TableSnapshot]) -> [Frontend] {
        tablesByFamily.flatMap { table -> [Frontend] in
            let found = kernel[table.layout.table].map { KernelTable($0.readable(table.layout), table.layout) }
            return Set(
                table.frontendDifferences(from: found ?? KernelTable(table.layout)).map(\.frontend)
            ).sorted { $0.description < $1.description }
        }
    }

    package mutating func reconcile(
        with kernel: [TableID: TableSnapshot], excluding excluded: Set<Frontend>, anew: Set<TableID>
    ) throws(NewerFormat) -> TableChanges {
        ipv4 = try ipv4.rebased(
            onto: kernel[ipv4.layout.table], excluding: excluded, anew: anew.contains(ipv4.layout.table))
        ipv6 = try ipv6.rebased(
            onto: kernel[ipv6.layout.table], excluding: excluded, anew: anew.contains(ipv6.layout.table))
        return TableChanges(transactions: takeTransactions(now: now), differences: damage)
    }

    /// In what the tables differed when they were found, elements apart.
    package var damage: [TableID: [TableDifference]] {
        Dictionary(uniqueKeysWithValues: tablesByFamily.map { ($0.layout.table, $0.differences) })
    }
}
