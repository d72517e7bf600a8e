import LinuxSystem
import NFTables

extension NetworkNamespace {
    /// Opens a connection to this namespace's nf_tables.
    borrowing func connect() throws -> NFTConnection {
        try perform { () throws(SystemError) in
            do throws(NetlinkError) {
                return try NFTConnection()
            } catch {
                throw SystemError(error.operation, error.errno)
            }
        }
    }
}
