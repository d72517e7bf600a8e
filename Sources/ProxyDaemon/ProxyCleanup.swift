import LinuxSystem
import Logging
import NFTables
import ServiceTables

/// Removes the daemon's tables.
enum ProxyCleanup {
    static func removeTables(_ logger: Logger) throws(NetlinkError) {
        var connection = try NFTConnection()
        for table in ServiceTablePair.tableIDs {
            guard try connection.flags(of: table) != nil else { continue }
            try connection.commit(Transaction([.deleteTable(table)]))
            logger.info("removed", metadata: ["table": "\(table)"])
        }
    }
}
