package import LinuxSystem
package import NFTables

/// Why tables are not what they should be.
package enum KeeperError: Error, Sendable, Hashable {
    /// The kernel refused, and nothing of the order of recovery helped.
    case kernel(NetlinkError)
    /// A later release made a table: nothing was touched.
    case newerFormat(NewerFormat)
}

extension KeeperError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .kernel(let error): "\(error)"
        case .newerFormat(let error): "\(error)"
        }
    }
}

/// Runs calls of a connection.
package func asking<T: ~Copyable>(_ body: () throws(NetlinkError) -> T) throws(KeeperError) -> T {
    do throws(NetlinkError) { return try body() } catch { throw .kernel(error) }
}

extension NetlinkError {
    /// The machine is short of something, or was interrupted: the same may be taken a moment later.
    package var isTransient: Bool { errno == .outOfMemory || errno == .noBufferSpace || errno == .interrupted }

    /// No content of ours is at fault: the right is missing, or somebody owns the table.
    package var isForbidden: Bool { errno == .notPermitted || errno == .accessDenied }
}
