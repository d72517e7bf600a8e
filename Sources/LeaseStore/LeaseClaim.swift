import Attachments
import HostIPAM
import LinuxSystem
import NetworkTypes

/// The leasing of one address from each range set: all of them, or none.
struct LeaseClaim {
    private let ipam: IPAMConfiguration
    private let attachment: Attachment
    private let record: LeaseRecord
    private let path: String
    private var taken: [AddressCandidate] = []

    /// - Parameter path: the lease directory's, for errors.
    init(_ ipam: IPAMConfiguration, _ attachment: Attachment, _ path: String) {
        self.ipam = ipam
        self.attachment = attachment
        record = LeaseRecord(attachment)
        self.path = path
    }

    mutating func run(on leases: inout LockedLeases) throws(LeaseError) -> [AddressCandidate] {
        do throws(LeaseError) {
            try refuseSecond(leases: &leases)
            for (number, set) in ipam.rangeSets.enumerated() { try claim(set, number, &leases) }
            return taken
        } catch {
            try? leases.free(taken.map(\.address.address), of: record)
            throw error
        }
    }

    /// The specification forbids a second ADD without a DEL between them.
    private func refuseSecond(leases: inout LockedLeases) throws(LeaseError) {
        let held = try storing { () throws(SystemError) in try leases.addresses(of: record) }
        for address in held {
            let isWithin = ipam.rangeSets.indices.contains { number in
                ipam.requested[number] == nil && ipam.rangeSets[number].range(of: address) != nil
            }
            guard isWithin, try holder(address, leases)?.belongs(to: record) == true else { continue }
            throw .held(address, by: attachment, directory: path)
        }
    }

    private mutating func claim(_ set: RangeSet, _ number: Int, _ leases: inout LockedLeases) throws(LeaseError) {
        let memory = try storing { () throws(SystemError) in try leases.memory(ofSet: number) }
        let lease =
            if let address = ipam.requested[number] {
                try claim(address, of: set, &leases)
            } else {
                try claimNext(of: set, after: memory.address, &leases)
            }
        taken.append(lease)
        try storing { () throws(SystemError) in try memory.replace(with: lease.address.address) }
    }

    private func claimNext(of set: RangeSet, after last: IPAddress?, _ leases: inout LockedLeases) throws(LeaseError)
        -> AddressCandidate
    {
        while let next = set.nextFree(after: last, leased: leases.index.leased, excluding: ipam.excluded) {
            // A refused one is in the bitmap from then on, so that this ends.
            if try take(next.address.address, &leases) { return next }
        }
        throw .exhausted(set, directory: path)
    }

    private func claim(_ address: IPAddress, of set: RangeSet, _ leases: inout LockedLeases) throws(LeaseError)
        -> AddressCandidate
    {
        if let range = set.range(of: address), let candidate = AddressCandidate(address, in: range),
            try take(address, &leases)
        {
            return candidate
        }
        throw .taken(address, of: set, owner: try holder(address, leases), directory: path)
    }

    private func take(_ address: IPAddress, _ leases: inout LockedLeases) throws(LeaseError) -> Bool {
        try storing { () throws(SystemError) in try leases.take(address, for: record) }
    }

    private func holder(_ address: IPAddress, _ leases: borrowing LockedLeases) throws(LeaseError) -> LeaseRecord? {
        try storing { () throws(SystemError) in try leases.record(address) }
    }
}
