import CNIProtocol
import Glibc
import HostIPAM
import LinuxSystem
import NetworkTypes

/// A network's leases on disk, in host-local's layout: `<dataDir>/<network>/<ip>`.
struct LeaseDirectory {
    /// Where the folders of all networks lie.
    let dataDirectory: String
    let path: String

    init(dataDirectory: String, network: String) {
        self.dataDirectory = dataDirectory
        path = "\(dataDirectory)/\(network)"
    }

    /// Gives an attachment one address from each range set, and records that before it returns.
    ///
    /// - Throws: code 101 when the attachment has an address already, 102 when a set has no free one, 106 when an
    ///   address that is asked for is another's; nothing is leased then.
    func allocate(_ ipam: IPAMConfiguration, for attachment: Attachment) throws(CNIError) -> [AddressCandidate] {
        try LeaseFailure.mapping { () throws(SystemError) in try Directory.create(path) }
        return try locked { leases throws(CNIError) in
            var claim = LeaseClaim(ipam, attachment, path)
            return try claim.run(on: &leases)
        } ?? []
    }

    /// Frees those of the addresses that are still the attachment's, however many leases there are.
    func release(_ addresses: [IPAddress], of attachment: Attachment) throws(CNIError) {
        try locked { leases throws(CNIError) in
            try LeaseFailure.mapping { () throws(SystemError) in try leases.free(addresses, of: attachment) }
        }
    }

    /// Frees everything that an attachment has, however many leases there are.
    func release(allOf attachment: Attachment) throws(CNIError) {
        try locked { leases throws(CNIError) in
            try LeaseFailure.mapping { () throws(SystemError) in
                try leases.free(try leases.addresses(of: attachment), of: attachment)
            }
        }
    }

    /// Frees every lease whose record the test accepts, and those that have no record; reads every file.
    func release(where isStale: (LeaseRecord) -> Bool) throws(CNIError) {
        try locked { leases throws(CNIError) in
            try LeaseFailure.mapping { () throws(SystemError) in
                for entry in try leases.entries() where entry.modified != nil {
                    if let record = entry.record, !isStale(record) { continue }
                    try leases.free(entry.name, entry.record)
                }
            }
        }
    }

    /// The owners of all leases; reads every file.
    func records() throws(CNIError) -> [LeaseRecord] {
        try locked { leases throws(CNIError) in
            try LeaseFailure.mapping { () throws(SystemError) in try leases.entries().compactMap(\.record) }
        } ?? []
    }

    /// The addresses that an attachment has.
    func addresses(of attachment: Attachment) throws(CNIError) -> [IPAddress] {
        try locked { leases throws(CNIError) in
            try LeaseFailure.mapping { () throws(SystemError) in
                var addresses: [IPAddress] = []
                for address in try leases.addresses(of: attachment)
                where try leases.record(address)?.belongs(to: attachment) == true {
                    addresses.append(address)
                }
                return addresses
            }
        } ?? []
    }

    /// Who holds an address; nil when nobody does.
    func holder(of address: IPAddress) -> LeaseRecord? {
        guard let file = try? FileDescriptor.open("\(path)/\(address)", O_RDONLY),
            let bytes = try? file.read(upTo: 4096)
        else { return nil }
        return LeaseRecord(parsing: bytes)
    }

    /// The addresses that are leased; without the lock where the index is as its last writer left it.
    func leasedAddresses() throws(CNIError) -> LeasedAddresses {
        if let directory = try? OpenDirectory(path), let index = LeaseIndexFile(reading: directory)?.read(),
            // Only now: whoever changes the directory meanwhile has changed the stamp first.
            let status = try? directory.status(), index.stamp == DirectoryStamp(status), index.boot == Boot.id
        {
            return index.leased
        }
        return try locked { leases throws(CNIError) in leases.index.leased } ?? LeasedAddresses()
    }

    /// Fails with code 50 when a range set has no free address, as an ADD would.
    func requireFree(_ ipam: IPAMConfiguration) throws(CNIError) {
        let leased = try leasedAddresses()
        for set in ipam.rangeSets where set.nextFree(after: nil, leased: leased, excluding: ipam.excluded) == nil {
            throw CNIError(
                .notAvailable, "no IP addresses available in range set: \(set)",
                details: "delete unused pods, run GC, or give ipam.ranges a larger subnet")
        }
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

    /// Runs a body under the lock and keeps the index; nil when the directory does not exist.
    private func locked<T>(_ body: (inout LockedLeases) throws(CNIError) -> T) throws(CNIError) -> T? {
        guard try LeaseFailure.mapping({ () throws(SystemError) in try Directory.hasEntry(path) }) else { return nil }
        var leases = try LeaseFailure.mapping { () throws(SystemError) in try LockedLeases.open(path) }
        defer { leases.commit() }
        return try body(&leases)
    }
}

/// What the lease store's failures look like to a runtime.
enum LeaseFailure {
    static func mapping<T: ~Copyable>(_ body: () throws(SystemError) -> T) throws(CNIError) -> T {
        do throws(SystemError) {
            return try body()
        } catch {
            throw CNIError(
                .inputOutput, "the lease store failed", details: "\(error): check ipam.dataDir and its file system")
        }
    }
}
