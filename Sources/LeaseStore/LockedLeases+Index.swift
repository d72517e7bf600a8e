import Glibc
import HostIPAM
import LinuxSystem
import NetworkTypes

extension DirectoryStamp {
    init(_ status: FileStatus) {
        self.init(
            inode: status.inode, device: status.device, seconds: Int64(status.modified.seconds),
            nanoseconds: Int64(status.modified.nanoseconds))
    }
}

/// The index, which is only ever a cache: that it can't be written is no failure.
extension LockedLeases {
    /// Reads the whole directory, and removes what no living attachment can have.
    ///
    /// An empty file is what a writer left that was killed: under the lock there is no writer. A lease is stale when its
    /// file is older than this boot, and nobody has looked at that yet since the machine started.
    ///
    /// - Parameter sweeping: whether to look for leases from before this boot.
    mutating func rebuild(sweeping: Bool) throws(SystemError) {
        let boot = Boot.moment
        var owners: [OwnerBucket.Entry] = []
        var leased = LeasedAddresses()
        for entry in try entries() where entry.isCanonical {
            if let modified = entry.modified {
                if entry.record == nil || sweeping && modified < boot {
                    try directory.remove(entry.name)
                    continue
                }
            }
            leased.insert(entry.address)
            if let record = entry.record { owners.append(OwnerBucket.Entry(OwnerHash(record), entry.address)) }
        }
        replaceIndex(leased, owners, room: owners.count)
    }

    /// Starts an index anew.
    ///
    /// - Parameter room: the number of owners to provide for.
    private mutating func replaceIndex(_ leased: LeasedAddresses, _ owners: [OwnerBucket.Entry], room: Int) {
        index = LeaseIndex(stamp: index.stamp, boot: index.boot, leased: leased, owners: room)
        buckets = [:]
        changedBuckets = []
        overflow = []
        isChanged = true
        isDoubtful = false
        do throws(SystemError) {
            if let unlisted = try indexFile?.replace(index, owners) { index.unlistedOwners = unlisted }
        } catch {
            indexFile = nil
        }
    }

    /// The bucket that has an owner's leases.
    mutating func bucket(of owner: OwnerHash) throws(SystemError) -> OwnerBucket {
        if let bucket = buckets[index.bucketOffset(of: owner)] { return bucket }
        if let bucket = indexFile?.bucket(at: index.bucketOffset(of: owner)) {
            buckets[index.bucketOffset(of: owner)] = bucket
            return bucket
        }
        try rebuild(sweeping: false)
        return indexFile?.bucket(at: index.bucketOffset(of: owner)) ?? OwnerBucket()
    }

    mutating func insert(_ entry: OwnerBucket.Entry) {
        isChanged = true
        guard var bucket = try? bucket(of: entry.owner) else {
            isDoubtful = true
            return
        }
        if bucket.insert(entry) {
            let offset = index.bucketOffset(of: entry.owner)
            buckets[offset] = bucket
            changedBuckets.insert(offset)
        } else if bucket.addresses(of: entry.owner).count > OwnerBucket.capacity / 2 {
            // More buckets would not help an owner that fills one alone.
            index.unlistedOwners += 1
        } else {
            overflow.append(entry)
        }
    }

    mutating func remove(_ entry: OwnerBucket.Entry) {
        isChanged = true
        overflow.removeAll { $0 == entry }
        guard var bucket = try? bucket(of: entry.owner) else {
            isDoubtful = true
            return
        }
        bucket.remove(entry)
        let offset = index.bucketOffset(of: entry.owner)
        buckets[offset] = bucket
        changedBuckets.insert(offset)
    }

    /// Writes what has changed, and stamps the directory as the one that the index describes.
    mutating func commit() {
        if isDoubtful {
            _ = try? directory.remove(LeaseIndexFile.name)
            return
        }
        guard isChanged, indexFile != nil else { return }
        do throws(SystemError) {
            try writeBuckets()
            if index.isOutgrown || !overflow.isEmpty { try grow() }
            let modified = FileTime(seconds: FileTime.now.seconds, nanoseconds: Int.random(in: 0..<1_000_000_000))
            index.stamp.seconds = Int64(modified.seconds)
            index.stamp.nanoseconds = Int64(modified.nanoseconds)
            try indexFile?.write(index)
            try directory.setModified(modified)
        } catch {
            _ = try? directory.remove(LeaseIndexFile.name)
        }
    }

    private mutating func writeBuckets() throws(SystemError) {
        for offset in changedBuckets {
            if let bucket = buckets[offset] { try indexFile?.write(bucket, at: offset) }
        }
        changedBuckets = []
    }

    /// Makes the file anew with twice the room.
    private mutating func grow() throws(SystemError) {
        guard let entries = indexFile?.entries(index) else { return try rebuild(sweeping: false) }
        let room = overflow.isEmpty ? entries.count : index.bucketCount * 24
        replaceIndex(index.leased, entries + overflow, room: room)
    }
}
