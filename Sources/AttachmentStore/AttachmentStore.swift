import Glibc
package import LinuxSystem
import PodRuleset

/// The records of a node's attachments on disk: `<folder>/<network>/<containerID>:<ifname>`.
///
/// A reboot clears them together with the kernel's state. Records of a node that is not the machine's own network
/// namespace lie in a folder of that namespace, so that several nodes on one machine stay apart.
package struct AttachmentStore: Sendable {
    package static let standardFolder = "/run/fairway-cni"

    /// The node's folder.
    package let path: String

    /// The store of the calling thread's network namespace; nothing is made yet.
    package init(folder: String = standardFolder) throws(SystemError) {
        path = try NetworkNamespace.isInitial() ? folder : "\(folder)/.netns-\(NetworkNamespace.currentName())"
    }

    var lockPath: String { "\(path)/.lock" }
    private var draftPath: String { "\(path)/.draft" }
    private func folder(of network: String) -> String { "\(path)/\(network)" }
    private func file(of key: AttachmentKey) -> String { "\(folder(of: key.owner.network))/\(key.fileName)" }

    func contains(_ key: AttachmentKey) -> Bool { unsafe access(file(of: key), F_OK) == 0 }

    /// What a folder of records holds.
    package struct Listing: Sendable {
        package var records: [AttachmentRecord] = []
        package var unreadable: [UnreadableRecord] = []
    }

    /// Reads one record; nil when there is none.
    ///
    /// - Throws: `UnreadableRecord` when there is a file that is none.
    package func record(of key: AttachmentKey) throws(UnreadableRecord) -> AttachmentRecord? {
        guard key.isStorable else { return nil }
        return try read(file(of: key), network: key.owner.network, name: key.fileName)
    }

    /// The records of one network, in no order.
    package func records(of network: String) -> Listing {
        var listing = Listing()
        let folder = folder(of: network)
        // No folder, no records; the lock's file is no folder either.
        for name in (try? Directory.names(in: folder)) ?? [] {
            do throws(UnreadableRecord) {
                guard let record = try read("\(folder)/\(name)", network: network, name: name) else { continue }
                listing.records.append(record)
            } catch {
                listing.unreadable.append(error)
            }
        }
        return listing
    }

    /// The records of all networks, in no order.
    package func records() -> Listing {
        var listing = Listing()
        for network in (try? Directory.names(in: path)) ?? [] where !network.hasPrefix(".") {
            let part = records(of: network)
            listing.records += part.records
            listing.unreadable += part.unreadable
        }
        return listing
    }

    /// The records whose rules should be in force, those who came first first.
    func recordsInForce(_ unreadable: inout [UnreadableRecord]) -> [AttachmentRecord] {
        let listing = records()
        unreadable += listing.unreadable
        return listing.records.filter { $0.rulesInForce != nil }.sorted { ($0.order, $0.key) < ($1.order, $1.key) }
    }

    /// Removes a record, readable or not, and its network's folder when it was the last.
    ///
    /// Its rules have been withdrawn before.
    ///
    /// - Returns: false when there was none.
    @discardableResult
    package func remove(_ key: AttachmentKey) throws(SystemError) -> Bool {
        guard key.isStorable else { return false }
        let existed: Bool
        do throws(SystemError) {
            existed = try Directory.remove(file(of: key))
        } catch {
            guard error.errno == Errno(rawValue: ENOTDIR) else { throw error }
            return false
        }
        // Refused while there are others.
        _ = unsafe rmdir(folder(of: key.owner.network))
        return existed
    }

    /// Puts a record in its place, whole, in the stead of the one that is there.
    ///
    /// The caller holds the lock: there is one draft.
    func place(_ record: AttachmentRecord) throws(SystemError) {
        guard record.key.isStorable else {
            throw SystemError("record \(record.key): a name that no file can have", .invalid)
        }
        do {
            let draft = try FileDescriptor.open(draftPath, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try draft.writeAll(record.line.utf8)
        }
        let folder = folder(of: record.key.owner.network)
        let file = file(of: record.key)
        // Whoever removes the network's last record takes the folder along, without the lock.
        for _ in 0..<100 {
            if unsafe rename(draftPath, file) == 0 { return }
            let errno = Errno.current
            guard errno == .notFound else { throw SystemError("create \(file)", errno) }
            try Directory.create(folder, mode: 0o700)
        }
        throw SystemError("create \(file)", .notFound)
    }

    private func read(_ path: String, network: String, name: String) throws(UnreadableRecord) -> AttachmentRecord? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).readToEnd(limit: 1 << 20)
        } catch {
            if error.errno == .notFound || error.errno == Errno(rawValue: ENOTDIR) { return nil }
            throw UnreadableRecord(path: path, reason: "\(error)")
        }
        do throws(MalformedRecord) {
            let record = try AttachmentRecord(parsing: bytes)
            guard record.key.owner.network == network, record.key.fileName == name else {
                throw MalformedRecord("it is of \(record.key)")
            }
            return record
        } catch {
            throw UnreadableRecord(path: path, reason: error.reason)
        }
    }
}
