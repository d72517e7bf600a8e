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

    /// All that those of the tables hold that exist, a line each.
    package func lines(of tables: [TableID]) throws -> Set<String> {
        var connection = try nftConnection()
        var lines: Set<String> = []
        for table in tables {
            lines.formUnion(try connection.dump(table)?.lines.map { "\(table): \($0)" } ?? [])
        }
        return lines
    }
}
