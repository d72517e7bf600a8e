import AttachPlan
import AttachmentStore
import Attachments
import HostIPAM

/// The attachments that GC spares, with what finds a lease's owner among them.
struct ValidAttachments {
    let attachments: Set<Attachment>
    /// Their leases' owners, and those of an old host-local, which named no interface: the container's.
    private let owners: Set<LeaseRecord>

    init(_ attachments: Set<Attachment>) {
        self.attachments = attachments
        owners = Set(
            attachments.flatMap {
                [
                    LeaseRecord(containerID: $0.containerID, interfaceName: $0.interfaceName),
                    LeaseRecord(containerID: $0.containerID),
                ]
            })
    }

    /// Whether a lease is a valid attachment's; one that names no interface is its container's.
    func covers(_ record: LeaseRecord) -> Bool { owners.contains(record) }

    /// The records of attachments that are not valid; of one role only where that is asked for.
    func stale(_ listing: AttachmentStore.Listing, role: Personality? = nil) -> [AttachmentKey] {
        (listing.records.map(\.key) + listing.unreadable.compactMap(\.key)).filter { key in
            !attachments.contains(key.owner) && (role == nil || key.role == role?.rawValue)
        }
    }
}
