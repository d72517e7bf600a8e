import LinuxSystem
package import NFTables

extension NetNS {
    /// Opens a connection to nf_tables in this namespace.
    package func nftConnection() throws -> NFTConnection {
        try perform { () throws(SystemError) in
            do throws(NetlinkError) {
                return try NFTConnection()
            } catch {
                throw SystemError(error.operation, error.errno)
            }
        }
    }
}
