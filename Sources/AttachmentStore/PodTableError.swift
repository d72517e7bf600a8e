import Attachments
package import LinuxSystem
package import NFTables
package import PodTables

/// Why an attachment's rules are not in force.
package enum PodTableError: Error, Sendable, Hashable {
    /// The records on disk or the lock.
    case store(SystemError)
    /// nf_tables refused.
    case kernel(NFTablesError)
    /// Another attachment has one of the host ports.
    case portTaken(PortConflict)
}

extension PodTableError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .store(let error): "\(error)"
        case .kernel(let error): "\(error)"
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
