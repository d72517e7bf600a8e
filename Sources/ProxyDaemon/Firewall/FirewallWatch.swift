package import Logging
import NFTables
import Synchronization

/// Looks for firewalls beside Fairway's tables.
package protocol FirewallWatching: Sendable {
    /// Begins to look, and returns at once.
    ///
    /// - Returns: false where the look before has not ended.
    func begin() -> Bool
}

/// Warns of other tables' chains that end what none of their rules lets through: once for each, when it is first seen.
///
/// An accept in one table does not keep another one's chain from dropping, so there is no rule that could help: who keeps
/// the firewall has to let the connections pass.
package final class FirewallWatch: FirewallWatching {
    private let job: SideJob
    private let known = Mutex<Set<ClosedChain>>([])
    /// The tables of kube-proxy's that were named already.
    private let remains = Mutex<[TableID]>([])
    private let logger: Logger

    package init(_ logger: Logger) {
        self.logger = logger
        job = SideJob("firewalls", logger)
    }

    package func begin() -> Bool { job.begin { self.look() } }

    private func look() {
        let found: Set<ClosedChain>
        do {
            var connection = try NFTConnection()
            found = Set(try connection.closedChains(except: Self.isOwn))
            tell(of: try KubeProxyRemains.found(&connection))
        } catch {
            logger.warning("other tables' chains could not be looked at", metadata: ["reason": "\(error)"])
            return
        }
        let known = known.withLock { known in
            defer { known = found }
            return known
        }
        for chain in found.subtracting(known).sorted(by: { "\($0)" < "\($1)" }) {
            logger.warning(
                """
                a firewall's chain ends what none of its rules lets through: connections of Services too, unless it \
                accepts them after their address was translated ("ct status dnat accept")
                """, metadata: ["chain": "\(chain)", "hook": "\(chain.point)", "by": "\(chain.end)"])
        }
        for chain in known.subtracting(found).sorted(by: { "\($0)" < "\($1)" }) {
            logger.info("a firewall's chain is gone or open", metadata: ["chain": "\(chain)"])
        }
    }

    /// Whose rules come first where two have the same priority nobody can see.
    private func tell(of tables: [TableID]) {
        let known = remains.withLock { known in
            defer { known = tables }
            return known
        }
        guard !tables.isEmpty, known != tables else { return }
        logger.warning(
            "rules of kube-proxy's serve the same Services: end it, and run fairway-proxy --cleanup-kube-proxy",
            metadata: ["tables": "\(tables.map(\.description).joined(separator: ", "))"])
    }

    /// Fairway's tables say what they drop, and why.
    static func isOwn(_ table: String) -> Bool { table == "fairway" || table.hasPrefix("fairway-") }
}
