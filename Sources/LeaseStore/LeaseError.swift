package import Attachments
package import HostIPAM
package import LinuxSystem
package import NetworkTypes

/// Why an attachment gets no lease.
package enum LeaseError: Error, Sendable, Hashable {
    /// The files on disk.
    case store(SystemError)
    /// The attachment has the address already, says the directory.
    case held(IPAddress, by: Attachment, directory: String)
    /// Every address of a range set is leased.
    case exhausted(RangeSet, directory: String)
    /// The address that is asked for is another one's; nil for the owner where no file names one.
    case taken(IPAddress, of: RangeSet, owner: LeaseRecord?, directory: String)
}

/// Runs calls that touch the lease files.
func storing<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(LeaseError) -> T {
    do throws(SystemError) { return try body() } catch { throw .store(error) }
}

extension LeaseRecord {
    /// The record that is written for an attachment.
    init(_ attachment: Attachment) {
        self.init(containerID: attachment.containerID, interfaceName: attachment.interfaceName)
    }
}
