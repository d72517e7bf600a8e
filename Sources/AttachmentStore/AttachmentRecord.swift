package import Attachments
import PodTables

/// The name of a record: its attachment, and the part of it that the record is about.
package struct AttachmentKey: Sendable, Hashable {
    package let owner: Attachment
    /// The chained plugin's name whose part it is; empty for the one that made the interface.
    package let role: String

    package init(_ owner: Attachment, role: String = "") {
        self.owner = owner
        self.role = role
    }

    /// `<containerID>:<ifname>`, and `:<role>`: a colon can be in none of them.
    var fileName: String {
        "\(owner.containerID):\(owner.interfaceName)" + (role.isEmpty ? "" : ":\(role)")
    }

    /// The key that a record's file name stands for; nil for a name that is none.
    init?(network: String, fileName: String) {
        let parts = fileName.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3, !parts.contains("") else { return nil }
        let owner = Attachment(network: network, containerID: parts[0], interfaceName: parts[1])
        self.init(owner, role: parts.count == 3 ? parts[2] : "")
    }

    /// Whether network and file name are names of one file below the store's folder.
    var isStorable: Bool {
        !owner.network.isEmpty && !owner.network.hasPrefix(".") && !owner.network.utf8.contains(UInt8(ascii: "/"))
            && !fileName.hasPrefix(".") && !fileName.utf8.contains(UInt8(ascii: "/"))
    }
}

extension AttachmentKey: CustomStringConvertible {
    package var description: String { role.isEmpty ? owner.description : "\(owner) (\(role))" }
}

/// What has to be known of an attachment after the process that made it has ended.
package struct AttachmentRecord: Sendable, Hashable {
    package let key: AttachmentKey
    /// Where its leases are; nil when it has none.
    package var dataDirectory: String?
    /// The node's links that it opened for 127.0.0.1 (`route_localnet`).
    package var loopbackLinks: [String]
    /// What it wants of the tables; its owner is the key's.
    package var demand: PodDemand
    /// The demand has been taken out of the kernel and stays out; the rest of DEL may be still to come.
    package internal(set) var isWithdrawn = false
    /// Whose claim came first: nanoseconds of the machine's monotonic clock.
    package internal(set) var order: UInt64 = 0

    /// - Parameter role: the chained plugin's name whose part it is; empty for the one that made the interface.
    package init(_ demand: PodDemand, role: String = "", dataDirectory: String? = nil, loopbackLinks: [String] = []) {
        key = AttachmentKey(demand.owner, role: role)
        self.demand = demand
        self.dataDirectory = dataDirectory
        self.loopbackLinks = loopbackLinks
    }

    /// What the kernel should have; nil for nothing.
    package var demandInForce: PodDemand? { isWithdrawn || demand.isEmpty ? nil : demand }

    var withdrawn: AttachmentRecord {
        var copy = self
        copy.isWithdrawn = true
        return copy
    }
}

/// A record's file that cannot be read: it counts as none.
package struct UnreadableRecord: Error, Sendable, Hashable, CustomStringConvertible {
    package let path: String
    /// Whose it would be by its place; nil where the file's name is none of a record.
    package let key: AttachmentKey?
    package let reason: String

    package var description: String { "\(path): \(reason)" }
}
