import CNIProtocol
import Glibc
import HostIPAM
import LinuxSystem
import NetworkTypes

/// A network's leases on disk, in host-local's layout: `<dataDir>/<network>/<ip>`.
///
/// Changes happen under the lock on the file `lock`, which host-local takes too.
struct LeaseDirectory {
    let dataDirectory: String
    let path: String

    private static let ownerLimit = 4096
    /// The name under which a lease is written before it gets its address for a name, in one step and whole.
    private static let draftName = ".fairway-draft"

    init(dataDirectory: String, network: String) {
        self.dataDirectory = dataDirectory
        path = "\(dataDirectory)/\(network)"
    }

    /// Gives an attachment one address from each range set, and records that before it returns.
    ///
    /// - Throws: code 102 when a set has no free address; nothing is leased then.
    func allocate(_ ipam: IPAMConfiguration, for attachment: Attachment) throws(CNIError) -> [AddressCandidate] {
        try recording { () throws(SystemError) in try Directory.create(path) }
        return try locked { () throws(CNIError) in try claimAll(ipam, for: attachment) }
    }

    private func claimAll(_ ipam: IPAMConfiguration, for attachment: Attachment) throws(CNIError) -> [AddressCandidate]
    {
        try recording { () throws(SystemError) in
            // A killed ADD leaves a draft that is its lease's own file: writing into it would give that lease away.
            try Directory.remove(file(Self.draftName))
            try write(LeaseRecord(attachment).content, to: Self.draftName, O_EXCL)
        }
        defer { _ = try? Directory.remove(file(Self.draftName)) }
        var leases: [AddressCandidate] = []
        do throws(CNIError) {
            for (index, set) in ipam.rangeSets.enumerated() {
                leases.append(try claim(set, index: index, excluding: ipam.excluded))
            }
        } catch {
            for lease in leases { _ = try? Directory.remove(file(lease.address.address.description)) }
            throw error
        }
        return leases
    }

    /// Claims the first free address of a set by giving the draft that address for a name.
    private func claim(_ set: RangeSet, index: Int, excluding excluded: [CIDR]) throws(CNIError) -> AddressCandidate {
        let memory = "last_reserved_ip.\(index)"
        let last = (try? read(memory)).flatMap { IPAddress($0) }
        for candidate in set.candidates(after: last, excluding: excluded) {
            let address = candidate.address.address.description
            let isFree = try recording { () throws(SystemError) in
                try Directory.link(file(Self.draftName), as: file(address))
            }
            guard isFree else { continue }
            do throws(CNIError) {
                try recording { () throws(SystemError) in try write(address, to: memory, O_TRUNC) }
            } catch {
                _ = try? Directory.remove(file(address))
                throw error
            }
            return candidate
        }
        throw CNIError(
            .poolExhausted, "no IP addresses available in range set: \(set)",
            details:
                "every address is leased in \(path); delete unused pods, run GC, or give ipam.ranges a larger subnet")
    }

    /// Frees addresses that `allocate` gave to an attachment.
    func release(_ leases: [AddressCandidate]) throws(CNIError) {
        try locked { () throws(CNIError) in
            for lease in leases {
                try recording { () throws(SystemError) in
                    try Directory.remove(file(lease.address.address.description))
                }
            }
        }
    }

    /// Frees every lease whose record the test accepts, and those that have no record.
    func release(where isStale: (LeaseRecord) -> Bool) throws(CNIError) {
        guard unsafe access(path, F_OK) == 0 else { return }
        try locked { () throws(CNIError) in
            for (name, record) in try entries() {
                // An empty file is what a writer left that was killed: under the lock there is no writer.
                if let record, !isStale(record) { continue }
                try recording { () throws(SystemError) in try Directory.remove(file(name)) }
            }
        }
    }

    /// The owners of all leases.
    func records() throws(CNIError) -> [LeaseRecord] { try entries().compactMap(\.record) }

    /// Who holds an address; nil when nobody does.
    func holder(of address: IPAddress) -> LeaseRecord? {
        (try? read(address.description)).flatMap { LeaseRecord(parsing: $0) }
    }

    /// Looks whether `allocate` could write, without making anything.
    ///
    /// - Throws: code 50 when the directory, or the nearest one above that exists, cannot be written to.
    func requireWritable() throws(CNIError) {
        var place = path
        while unsafe access(place, F_OK) != 0, Errno.current == .notFound, let slash = place.lastIndex(of: "/") {
            place = String(place[..<slash])
        }
        // The dot tells a directory from a file.
        guard unsafe access("\(place)/.", W_OK | X_OK) != 0 else { return }
        let errno = Errno.current
        throw CNIError(
            .notAvailable, "the lease store \(path) is not writable",
            details: "\(place): \(errno): check ipam.dataDir and its file system")
    }

    /// The addresses that are leased.
    func leasedAddresses() throws(CNIError) -> Set<IPAddress> {
        guard unsafe access(path, F_OK) == 0 else { return [] }
        return try recording { () throws(SystemError) in
            Set(try Directory.names(in: path).compactMap { IPAddress($0) })
        }
    }

    private func entries() throws(CNIError) -> [(name: String, record: LeaseRecord?)] {
        guard unsafe access(path, F_OK) == 0 else { return [] }
        return try recording { () throws(SystemError) in
            var entries: [(name: String, record: LeaseRecord?)] = []
            for name in try Directory.names(in: path) where IPAddress(name) != nil {
                do throws(SystemError) {
                    entries.append((name, LeaseRecord(parsing: try read(name))))
                } catch {
                    // Without the lock a lease may go meanwhile; and a directory is no lease, whatever its name.
                    guard error.errno == .notFound || error.errno == .isDirectory else { throw error }
                }
            }
            return entries
        }
    }

    private func file(_ name: String) -> String { "\(path)/\(name)" }

    private func locked<T>(_ body: () throws(CNIError) -> T) throws(CNIError) -> T {
        let lock: FileLock
        do throws(SystemError) { lock = try FileLock(path: file("lock")) } catch { throw Self.failure(error) }
        return try lock.whileHeld(body)
    }

    private func read(_ name: String) throws(SystemError) -> String {
        let descriptor = try FileDescriptor.open(file(name), O_RDONLY)
        return String(decoding: try descriptor.read(upTo: Self.ownerLimit), as: UTF8.self)
    }

    private func write(_ text: String, to name: String, _ flag: Int32) throws(SystemError) {
        let descriptor = try FileDescriptor.open(file(name), O_WRONLY | O_CREAT | flag, mode: 0o600)
        try descriptor.writeAll(Array(text.utf8))
    }

    @discardableResult
    private func recording<T>(_ body: () throws(SystemError) -> T) throws(CNIError) -> T {
        do throws(SystemError) { return try body() } catch { throw Self.failure(error) }
    }

    private static func failure(_ error: SystemError) -> CNIError {
        CNIError(.inputOutput, "the lease store failed", details: "\(error): check ipam.dataDir and its file system")
    }
}
