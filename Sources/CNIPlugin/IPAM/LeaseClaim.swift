import CNIProtocol
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

    mutating func run(on leases: inout LockedLeases) throws(CNIError) -> [AddressCandidate] {
        do throws(CNIError) {
            try refuseSecond(leases: &leases)
            for (number, set) in ipam.rangeSets.enumerated() { try claim(set, number, &leases) }
            return taken
        } catch {
            try? leases.free(taken.map(\.address.address), of: attachment)
            throw error
        }
    }

    /// The specification forbids a second ADD without a DEL between them.
    private func refuseSecond(leases: inout LockedLeases) throws(CNIError) {
        let held = try LeaseFailure.mapping { () throws(SystemError) in try leases.addresses(of: attachment) }
        for address in held {
            let isWithin = ipam.rangeSets.indices.contains { number in
                ipam.requested[number] == nil && ipam.rangeSets[number].range(of: address) != nil
            }
            guard isWithin, try holder(address, leases)?.belongs(to: attachment) == true else { continue }
            throw CNIError(
                .alreadyAttached,
                "\(address) has been allocated to \(attachment.containerID), duplicate allocation is not allowed",
                details: "\(path)/\(address) names interface \(attachment.interfaceName) too: run DEL first")
        }
    }

    private mutating func claim(_ set: RangeSet, _ number: Int, _ leases: inout LockedLeases) throws(CNIError) {
        let memory = try LeaseFailure.mapping { () throws(SystemError) in try leases.memory(ofSet: number) }
        let lease =
            if let address = ipam.requested[number] {
                try claim(address, of: set, &leases)
            } else {
                try claimNext(of: set, after: memory.address, &leases)
            }
        taken.append(lease)
        try LeaseFailure.mapping { () throws(SystemError) in try memory.replace(with: lease.address.address) }
    }

    private func claimNext(of set: RangeSet, after last: IPAddress?, _ leases: inout LockedLeases) throws(CNIError)
        -> AddressCandidate
    {
        while let next = set.nextFree(after: last, leased: leases.index.leased, excluding: ipam.excluded) {
            // A refused one is in the bitmap from then on, so that this ends.
            if try take(next.address.address, &leases) { return next }
        }
        throw CNIError(
            .poolExhausted, "no IP addresses available in range set: \(set)",
            details:
                "every address is leased in \(path); delete unused pods, run GC, or give ipam.ranges a larger subnet")
    }

    private func claim(_ address: IPAddress, of set: RangeSet, _ leases: inout LockedLeases) throws(CNIError)
        -> AddressCandidate
    {
        guard let range = set.range(of: address), let candidate = AddressCandidate(address, in: range) else {
            throw CNIError(.invalidConfiguration, "requested ip \(address) is not in range set \(set)")
        }
        if try take(address, &leases) { return candidate }
        let owner = try holder(address, leases)
        let holder = owner.map { "container \($0.containerID)" + ($0.interfaceName.map { " interface \($0)" } ?? "") }
        throw CNIError(
            .addressTaken, "requested IP address \(address) is not available in range set \(set)",
            details: "\(holder ?? "somebody") holds it, says \(path)/\(address)")
    }

    private func take(_ address: IPAddress, _ leases: inout LockedLeases) throws(CNIError) -> Bool {
        try LeaseFailure.mapping { () throws(SystemError) in try leases.take(address, for: record) }
    }

    private func holder(_ address: IPAddress, _ leases: borrowing LockedLeases) throws(CNIError) -> LeaseRecord? {
        try LeaseFailure.mapping { () throws(SystemError) in try leases.record(address) }
    }
}
