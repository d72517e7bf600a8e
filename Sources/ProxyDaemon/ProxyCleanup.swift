import LinuxSystem
import Logging
import NFTables
import ServiceTables
import TableKeeper

/// Removes the daemon's tables.
enum ProxyCleanup {
    /// - Throws: where a later release made one of them: then none is removed.
    static func removeTables(_ logger: Logger) throws(KeeperError) {
        let connection = KernelConnection()
        let found: [TableID: TableSnapshot]
        do throws(NetlinkError) {
            found = try connection.dump(ServiceTablePair.tableIDs)
        } catch {
            throw .kernel(error)
        }
        do throws(NewerFormat) {
            try ServiceTablePair.checkFormats(found)
        } catch {
            throw .newerFormat(error)
        }
        for table in ServiceTablePair.tableIDs where found[table] != nil {
            do throws(NetlinkError) {
                try connection.commit(Transaction([.deleteTable(table)]))
            } catch {
                throw .kernel(error)
            }
            logger.info("removed", metadata: ["table": "\(table)"])
        }
    }
}
