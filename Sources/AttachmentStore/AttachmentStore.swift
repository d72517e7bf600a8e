import Attachments
import Glibc
package import LinuxSystem
import PodTables

/// The records of a node's attachments on disk: `<folder>/<network>/<containerID>:<ifname>`.
///
/// A reboot clears them together with the kernel's state. Records of a node that is not the machine's own network
/// namespace lie in a folder of that namespace, so that several nodes on one machine stay apart.
package struct AttachmentStore: Sendable {
    package static let standardFolder = "/run/fairway-cni"

    /// How long a record may be, in bytes; what is longer is not written.
    ///
    /// Several times what all host ports of all protocols take, and less than what hurts.
    package static let longestRecord = 64 << 20

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

    /// Whether there is a file in a record's place, which may be replaced.
    ///
    /// - Throws: also for a record of a format that this version does not know.
    func contains(_ key: AttachmentKey) throws(SystemError) -> Bool {
        guard try Directory.hasEntry(file(of: key)) else { return false }
        _ = try reading(of: key)
        return true
    }

    /// What a folder of records holds.
    package struct Listing: Sendable {
        package var records: [AttachmentRecord] = []
        package var unreadable: [UnreadableRecord] = []
    }

    /// What there is in a record's place.
    enum Reading {
        case nothing
        case record(AttachmentRecord)
        /// A file that is no record.
        case unreadable(UnreadableRecord)
    }

    /// Reads one record; nil when there is none.
    ///
    /// - Throws: also for a file that is no record.
    package func record(of key: AttachmentKey) throws(SystemError) -> AttachmentRecord? {
        switch try reading(of: key) {
        case .nothing: return nil
        case .record(let record): return record
        case .unreadable(let failure): throw SystemError("read \(failure)", .badMessage)
        }
    }

    func reading(of key: AttachmentKey) throws(SystemError) -> Reading {
        guard key.isStorable else { return .nothing }
        return try read(file(of: key), network: key.owner.network, name: key.fileName)
    }

    /// The records of one network, in no order.
    package func records(of network: String) throws(SystemError) -> Listing {
        var listing = Listing()
        let folder = folder(of: network)
        // No folder, no records; the lock's file is no folder either.
        for name in try Directory.namesIfPresent(in: folder) {
            switch try read("\(folder)/\(name)", network: network, name: name) {
            case .nothing: break
            case .record(let record): listing.records.append(record)
            case .unreadable(let failure): listing.unreadable.append(failure)
            }
        }
        return listing
    }

    /// The records of all networks, in no order.
    package func records() throws(SystemError) -> Listing {
        var listing = Listing()
        for network in try Directory.namesIfPresent(in: path) where !network.hasPrefix(".") {
            let part = try records(of: network)
            listing.records += part.records
            listing.unreadable += part.unreadable
        }
        return listing
    }

    /// The records whose demand should be in force, those who came first first.
    func recordsInForce(_ unreadable: inout [UnreadableRecord]) throws(SystemError) -> [AttachmentRecord] {
        let listing = try records()
        unreadable += listing.unreadable
        return listing.records.filter { $0.demandInForce != nil }.sorted { ($0.order, $0.key) < ($1.order, $1.key) }
    }

    /// Removes a record, readable or not, and its network's folder when it was the last.
    ///
    /// Its demand has been withdrawn before.
    ///
    /// - Returns: false when there was none.
    @discardableResult
    package func remove(_ key: AttachmentKey) throws(SystemError) -> Bool {
        guard key.isStorable else { return false }
        let existed: Bool
        do throws(SystemError) {
            existed = try Directory.remove(file(of: key))
        } catch {
            guard error.errno == .notDirectory else { throw error }
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
        let line = record.line
        guard line.utf8.count <= Self.longestRecord else {
            throw SystemError("record \(record.key): it has over \(Self.longestRecord) bytes", .fileTooBig)
        }
        do {
            let draft = try FileDescriptor.open(draftPath, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try draft.writeAll(line.utf8, to: draftPath)
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

    /// Of these the file itself is the cause: a link, a folder, a socket, too much to be a record.
    ///
    /// All others are the machine's: whoever took the record for none would end a living pod's ports.
    private static let faultsOfTheFile: [Errno] = [ELOOP, EISDIR, ENXIO, EFBIG].map { Errno(rawValue: $0) }

    /// The errno of a record's format that this version does not know.
    package static let foreignFormat = Errno(rawValue: EPROTONOSUPPORT)

    private func read(_ path: String, network: String, name: String) throws(SystemError) -> Reading {
        func unreadable(_ reason: String) -> Reading {
            .unreadable(
                UnreadableRecord(
                    path: path, key: AttachmentKey(network: network, fileName: name), reason: reason))
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
                .readToEnd(limit: Self.longestRecord)
        } catch {
            if error.errno == .notFound || error.errno == .notDirectory { return .nothing }
            guard Self.faultsOfTheFile.contains(error.errno) else { throw error }
            return unreadable("\(error)")
        }
        do throws(MalformedRecord) {
            let record = try AttachmentRecord(parsing: bytes)
            guard record.key.owner.network == network, record.key.fileName == name else {
                throw MalformedRecord("it is of \(record.key)")
            }
            return .record(record)
        } catch {
            // It says what a pod has in force, if only to its own version: whoever took it for none would end that.
            if error.isForeign { throw SystemError("read \(path): \(error.reason)", Self.foreignFormat) }
            return unreadable(error.reason)
        }
    }
}
