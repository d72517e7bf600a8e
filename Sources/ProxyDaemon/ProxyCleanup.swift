import LinuxSystem
import Logging
import NFTables
import ServiceTables
import TableKeeper

/// Removes the daemon's tables.
enum ProxyCleanup {
    /// - Throws: where a later release made one of them: then none is removed.
    static func removeTables(_ logger: Logger) throws(KeeperError) {
        var connection = try asking { () throws(NetlinkError) in try NFTConnection() }
        var found: [TableID: TableSnapshot] = [:]
        for table in ServiceTablePair.tableIDs {
            // The number of its format alone of all elements.
            found[table] = try asking { () throws(NetlinkError) in
                try connection.dump(table) { $0 == TableBlueprint.formatSet.name }
            }
        }
        do throws(NewerFormat) {
            try ServiceTablePair.checkFormats(found)
        } catch {
            throw .newerFormat(error)
        }
        for table in ServiceTablePair.tableIDs where found[table] != nil {
            try asking { () throws(NetlinkError) in try connection.commit(Transaction([.deleteTable(table)])) }
            logger.info("removed", metadata: ["table": "\(table)"])
        }
    }
}
