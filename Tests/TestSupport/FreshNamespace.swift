package import LinuxSystem
package import NFTables
import Synchronization

/// Opens a connection to nf_tables in a namespace.
package func nftConnection(in namespace: borrowing NetworkNamespace) throws -> NFTConnection {
    try namespace.perform { () throws(SystemError) in
        do throws(NFTablesError) {
            return try NFTConnection()
        } catch {
            throw SystemError(error.operation, error.errno)
        }
    }
}
