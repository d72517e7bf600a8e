import Frontends
import LinuxSystem
import NFTables
import NetworkTypes
import ServiceTables

/// What the kernel's tables serve, and how often.
final class LiveServices {
    private var connection: NFTConnection

    init() throws(NetlinkError) { connection = try NFTConnection() }

    /// What is served in both families, by Service; where neither has a table there is nothing to show.
    ///
    /// - Parameter withBackends: every one of them is read, which takes time where there are many.
    func rows(withBackends: Bool = false) throws -> [ServiceListing.Row] {
        var rows: [ServiceListing.Row] = []
        var isMissing = true
        for family in IPFamily.allCases {
            let table = try connection.dump(ServiceListing.table(family)) {
                ServiceListing.reads($0, withBackends: withBackends)
            }
            guard let table else { continue }
            isMissing = false
            rows += ServiceListing(table, family).rows
        }
        if isMissing {
            throw ConfigurationError(
                "there are no tables of Fairway's in this network namespace: fairway-proxy has not run here, or was "
                    + "cleaned up")
        }
        return rows.sorted {
            $0.owner == $1.owner ? $0.frontend.description < $1.frontend.description : $0.owner < $1.owner
        }
    }

    /// The connections that began at each frontend since the kernel has its element.
    func connections() throws(NetlinkError) -> [Frontend: UInt64] {
        var connections: [Frontend: UInt64] = [:]
        for family in IPFamily.allCases {
            for set in ServiceListing.counterSets {
                for (key, count) in try connection.counters(of: set, in: ServiceListing.table(family)) {
                    if let frontend = ServiceListing.frontend(key, of: set, family) { connections[frontend] = count }
                }
            }
        }
        return connections
    }
}
