package import Attachments
import Glibc
package import HostIPAM
package import LinuxSystem
package import NetworkTypes

/// A network's leases on disk, in host-local's layout: `<dataDir>/<network>/<ip>`.
package struct LeaseDirectory: Sendable {
    /// Where the folders of all networks lie.
    package let dataDirectory: String
    package let path: String

    package init(dataDirectory: String, network: String) {
        self.dataDirectory = dataDirectory
        path = "\(dataDirectory)/\(network)"
    }

    /// Gives an attachment one address from each range set, and records that before it returns.
    ///
    /// - Throws: nothing is leased then.
    package func allocate(_ ipam: IPAMConfiguration, for attachment: Attachment) throws(LeaseError)
        -> [AddressCandidate]
    {
        var leases = try storing { () throws(SystemError) in
            try Directory.create(path)
            return try LockedLeases.open(path)
        }
        defer { leases.commit() }
        var claim = LeaseClaim(ipam, attachment, path)
        return try claim.run(on: &leases)
    }

    /// Frees those of the addresses that are still the attachment's, however many leases there are.
    package func release(_ addresses: [IPAddress], of attachment: Attachment) throws(SystemError) {
        try locked { leases throws(SystemError) in try leases.free(addresses, of: LeaseRecord(attachment)) }
    }

    /// Frees everything that an attachment has, however many leases there are.
    package func release(allOf attachment: Attachment) throws(SystemError) {
        let owner = LeaseRecord(attachment)
        try locked { leases throws(SystemError) in try leases.free(try leases.addresses(of: owner), of: owner) }
    }

    /// Frees every lease whose record the test accepts, and those that have no record; reads every file.
    package func release(where isStale: (LeaseRecord) -> Bool) throws(SystemError) {
        try locked { leases throws(SystemError) in
            for entry in try leases.entries() where entry.modified != nil {
                if let record = entry.record, !isStale(record) { continue }
                try leases.free(entry.name, entry.record)
            }
        }
    }

    /// The owners of all leases; reads every file.
    package func records() throws(SystemError) -> [LeaseRecord] {
        try locked { leases throws(SystemError) in try leases.entries().compactMap(\.record) } ?? []
    }

    /// Whether an attachment has any address.
    package func hasAny(of attachment: Attachment) throws(SystemError) -> Bool {
        let owner = LeaseRecord(attachment)
        return try locked { leases throws(SystemError) in
            for address in try leases.addresses(of: owner)
            where try leases.record(address)?.belongs(to: owner) == true {
                return true
            }
            return false
        } ?? false
    }

    /// Whether an address is an attachment's.
    package func isHeld(_ address: IPAddress, by attachment: Attachment) -> Bool {
        guard let file = try? FileDescriptor.open("\(path)/\(address)", O_RDONLY | O_NONBLOCK),
            let bytes = try? file.read(upTo: 4096)
        else { return false }
        return LeaseRecord(parsing: bytes)?.belongs(to: LeaseRecord(attachment)) == true
    }

    /// The first range set that has no free address, where an ADD would fail; nil when each has one.
    package func exhaustedSet(of ipam: IPAMConfiguration) throws(SystemError) -> RangeSet? {
        let leased = try leasedAddresses()
        return ipam.rangeSets.first { $0.nextFree(after: nil, leased: leased, excluding: ipam.excluded) == nil }
    }

    /// The addresses that are leased; without the lock where the index is as its last writer left it.
    private func leasedAddresses() throws(SystemError) -> LeasedAddresses {
        if let directory = try? OpenDirectory(path), let index = LeaseIndexFile(reading: directory)?.read(),
            // Only now: whoever changes the directory meanwhile has changed the stamp first.
            let status = try? directory.status(), index.stamp == DirectoryStamp(status), index.boot == Boot.id
        {
            return index.leased
        }
        return try locked { leases throws(SystemError) in leases.index.leased } ?? LeasedAddresses()
    }

    /// Runs a body under the lock and keeps the index; nil when the directory does not exist.
    @discardableResult
    private func locked<T>(_ body: (inout LockedLeases) throws(SystemError) -> T) throws(SystemError) -> T? {
        guard try Directory.hasEntry(path) else { return nil }
        var leases = try LockedLeases.open(path)
        defer { leases.commit() }
        return try body(&leases)
    }
}
