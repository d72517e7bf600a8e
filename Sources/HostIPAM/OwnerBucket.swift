package import NetworkTypes

/// One piece of the index's hash table that leads from owners to their leases.
///
/// Whoever looks for an owner reads one bucket, however many leases there are.
package struct OwnerBucket: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let owner: OwnerHash
        package let address: IPAddress

        package init(_ owner: OwnerHash, _ address: IPAddress) {
            self.owner = owner
            self.address = address
        }
    }

    package private(set) var entries: [Entry] = []

    /// The words of a bucket in the file: one kibibyte.
    package static let wordCount = 128
    /// The buckets are as many as keep them a third full, so that one of 65,000 leases hardly ever overflows.
    package static let capacity = (wordCount - 2) / 3

    package init() {}

    static func number(of owner: OwnerHash, among count: Int) -> Int {
        // FNV-1a's high bits are its better ones; the count is a power of two.
        Int(truncatingIfNeeded: (owner.rawValue ^ owner.rawValue >> 32) & UInt64(count - 1))
    }

    /// The addresses of an owner; another owner's whose hash is the same may be among them.
    package func addresses(of owner: OwnerHash) -> [IPAddress] {
        entries.filter { $0.owner == owner }.map(\.address)
    }

    /// - Returns: false when the bucket is full.
    package mutating func insert(_ entry: Entry) -> Bool {
        if entries.contains(entry) { return true }
        guard entries.count < Self.capacity else { return false }
        entries.append(entry)
        return true
    }

    package mutating func remove(_ entry: Entry) { entries.removeAll { $0 == entry } }
}

extension OwnerBucket {
    package var words: [UInt64] {
        var words: [UInt64] = [0, UInt64(entries.count)]
        words.reserveCapacity(Self.wordCount)
        for entry in entries {
            words.append(entry.owner.rawValue | (entry.address.family == .ipv4 ? 0 : 1))
            words.append(UInt64(truncatingIfNeeded: entry.address.value >> 64))
            words.append(UInt64(truncatingIfNeeded: entry.address.value))
        }
        words += [UInt64](repeating: 0, count: Self.wordCount - words.count)
        words[0] = Checksum.of(words[1...])
        return words
    }

    /// Reads a bucket; nil when it is damaged.
    package init?(words: ArraySlice<UInt64>) {
        let base = words.startIndex
        guard words.count == Self.wordCount, words[base] == Checksum.of(words[(base + 1)...]),
            words[base + 1] <= Self.capacity
        else { return nil }
        for number in 0..<Int(words[base + 1]) {
            let place = base + 2 + number * 3
            entries.append(
                Entry(
                    OwnerHash(rawValue: words[place]),
                    IPAddress(
                        family: words[place] & 1 == 0 ? .ipv4 : .ipv6,
                        value: UInt128(words[place + 1]) << 64 | UInt128(words[place + 2]))))
        }
    }

    /// Puts entries into so many buckets.
    ///
    /// - Returns: the buckets' words one after the other, and how many entries found no room.
    package static func table(of entries: some Sequence<Entry>, buckets count: Int) -> (words: [UInt64], unlisted: Int)
    {
        var buckets = [OwnerBucket](repeating: OwnerBucket(), count: count)
        var unlisted = 0
        for entry in entries where !buckets[number(of: entry.owner, among: count)].insert(entry) { unlisted += 1 }
        return (buckets.flatMap(\.words), unlisted)
    }

    /// All entries of a table; nil when any of its buckets is damaged.
    package static func entries(in words: [UInt64]) -> [Entry]? {
        guard words.count.isMultiple(of: wordCount) else { return nil }
        var entries: [Entry] = []
        for start in stride(from: 0, to: words.count, by: wordCount) {
            guard let bucket = OwnerBucket(words: words[start..<(start + wordCount)]) else { return nil }
            entries += bucket.entries
        }
        return entries
    }
}
