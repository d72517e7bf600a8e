package import Attachments
package import LinuxSystem
package import NFTables
package import PodTables
import TableKeeper

/// Why an attachment's rules are not in force.
package enum PodTableError: Error, Sendable, Hashable {
    /// The records on disk or the lock.
    case store(SystemError)
    /// nf_tables refused.
    case kernel(NetlinkError)
    /// A later release made a table: nothing was touched.
    case newerFormat(NewerFormat)
    /// Another attachment has one of the host ports.
    case portTaken(PortConflict)
}

extension PodTableError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .store(let error): "\(error)"
        case .kernel(let error): "\(error)"
        case .newerFormat(let error): "\(error)"
        case .portTaken(let conflict):
            "host port \(conflict.port) is taken by container \(conflict.holder.containerID), interface "
                + "\(conflict.holder.interfaceName) of network \(conflict.holder.network)"
        }
    }
}

/// Runs calls that touch the records.
func storing<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(PodTableError) -> T {
    do throws(SystemError) { return try body() } catch { throw .store(error) }
}

/// Runs calls that ask nf_tables.
func asking<T>(_ body: () throws(NetlinkError) -> T) throws(PodTableError) -> T {
    do throws(NetlinkError) { return try body() } catch { throw .kernel(error) }
}

/// Runs calls that look into dumped tables.
func reading<T>(_ body: () throws(NewerFormat) -> T) throws(PodTableError) -> T {
    do throws(NewerFormat) { return try body() } catch { throw .newerFormat(error) }
}

extension PodTableError {
    init(_ error: KeeperError) {
        switch error {
        case .kernel(let error): self = .kernel(error)
        case .newerFormat(let error): self = .newerFormat(error)
        }
    }
}

/// An attachment of which the kernel refuses something: it stays as the kernel has it.
package struct RefusedAttachment: Sendable, Hashable, CustomStringConvertible {
    package let owner: Attachment
    package let reason: NetlinkError

    package var description: String { "\(owner): \(reason)" }
}
