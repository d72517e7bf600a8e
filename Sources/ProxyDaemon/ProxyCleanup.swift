import LinuxSystem
import Logging
import NFTables
import ServiceTables
import TableKeeper

/// Removes the daemon's tables.
enum ProxyCleanup {
    /// - Throws: where a later release made one of them: then none is removed.
    static func removeTables(_ logger: Logger) throws(KeeperError) {
        let found = try asking { () throws(NetlinkError) in try present() }
        do throws(NewerFormat) {
            try ServiceTablePair.checkFormats(found)
        } catch {
            throw .newerFormat(error)
        }
        for table in ServiceTablePair.tableIDs where found[table] != nil {
            try asking { () throws(NetlinkError) in
                var connection = try NFTConnection()
                try connection.commit(Transaction([.deleteTable(table)]))
            }
            logger.info("removed", metadata: ["table": "\(table)"])
        }
    }

    /// The tables that are there, with the number of their format alone of all elements.
    private static func present() throws(NetlinkError) -> [TableID: TableSnapshot] {
        var connection = try NFTConnection()
        var found: [TableID: TableSnapshot] = [:]
        for table in ServiceTablePair.tableIDs {
            found[table] = try connection.dump(table) { $0 == TableBlueprint.formatSet.name }
        }
        return found
    }

    private static func asking<Value>(_ body: () throws(NetlinkError) -> Value) throws(KeeperError) -> Value {
        do throws(NetlinkError) {
            return try body()
        } catch {
            throw .kernel(error)
        }
    }
}
