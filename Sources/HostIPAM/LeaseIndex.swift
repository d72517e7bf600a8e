import NetworkTypes

/// What a lease directory was like when its index was written: another directory, or a change since, has another stamp.
package struct DirectoryStamp: Sendable, Hashable {
    package let inode: UInt64
    package let device: UInt64
    /// The modification time, which the index's writer sets to one that nobody else would.
    package var seconds: Int64
    package var nanoseconds: Int64

    package init(inode: UInt64, device: UInt64, seconds: Int64, nanoseconds: Int64) {
        self.inode = inode
        self.device = device
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// The first part of the file that says what a lease directory holds, so that nobody has to look into its files.
///
/// The file is a cache of words in this machine's byte order: the header, the bitmaps' blocks with room for more, then
/// the buckets of owners (`OwnerBucket`).
package struct LeaseIndex: Sendable, Hashable {
    package var stamp: DirectoryStamp
    /// The boot during which the index was written.
    package var boot: UInt128
    package var leased = LeasedAddresses()
    /// The number of blocks for which the file has room.
    package let blockCapacity: Int
    /// The number of buckets, a power of two.
    package let bucketCount: Int
    /// How many owners found no room in their buckets: while there are any, an owner must be sought in the files.
    package var unlistedOwners = 0

    private static let magic: UInt64 = 0x3145_5341_454c_5746
    private static let headerWords = 16
    private static let blockWords = 3
    private static let maximumBlocks = 1 << 22
    private static let maximumBuckets = 1 << 16

    /// The size of what is read first: the header, and the blocks of some ten thousand leases.
    package static let firstReadWords = 512

    /// An index with room to grow.
    ///
    /// - Parameter owners: the number of owners to come.
    package init(stamp: DirectoryStamp, boot: UInt128, leased: LeasedAddresses, owners: Int) {
        self.stamp = stamp
        self.boot = boot
        self.leased = leased
        let blocks = leased[.ipv4].blocks.count + leased[.ipv6].blocks.count
        blockCapacity = Self.powerOfTwo(atLeast: blocks + blocks / 4 + 16)
        bucketCount = min(Self.maximumBuckets, Self.powerOfTwo(atLeast: owners / 12))
    }

    /// The number of words in all.
    package var fileWords: Int { bucketOffset + bucketCount * OwnerBucket.wordCount }

    private var bucketOffset: Int { Self.headerWords + blockCapacity * Self.blockWords }

    /// The place of the bucket, in words, that has an owner's leases.
    package func bucketOffset(of owner: OwnerHash) -> Int {
        bucketOffset + OwnerBucket.number(of: owner, among: bucketCount) * OwnerBucket.wordCount
    }

    /// The places of all buckets.
    package var bucketWords: Range<Int> { bucketOffset..<fileWords }

    /// Whether the blocks have outgrown their room.
    package var isOutgrown: Bool {
        leased[.ipv4].blocks.count + leased[.ipv6].blocks.count > blockCapacity
    }

    /// The header and the blocks as they lie in the file.
    package var words: [UInt64] {
        let v4 = leased[.ipv4].blocks
        let v6 = leased[.ipv6].blocks
        var words = [UInt64](repeating: 0, count: Self.headerWords)
        words.reserveCapacity(Self.headerWords + (v4.count + v6.count) * Self.blockWords)
        words[0] = Self.magic
        words[2] = stamp.inode
        words[3] = stamp.device
        words[4] = UInt64(bitPattern: stamp.seconds)
        words[5] = UInt64(bitPattern: stamp.nanoseconds)
        words[6] = UInt64(truncatingIfNeeded: boot >> 64)
        words[7] = UInt64(truncatingIfNeeded: boot)
        for (index, number) in [v4.count, v6.count, blockCapacity, bucketCount, unlistedOwners].enumerated() {
            words[8 + index] = UInt64(number)
        }
        for blocks in [v4, v6] {
            for block in blocks {
                words.append(UInt64(truncatingIfNeeded: block.start >> 64))
                words.append(UInt64(truncatingIfNeeded: block.start))
                words.append(block.bits)
            }
        }
        words[1] = Checksum.of(words[2...])
        return words
    }

    /// How many words `words` has, as the header at the start of a file says; nil when there is none.
    package static func wordCount(header: [UInt64]) -> Int? {
        guard header.count >= headerWords, header[0] == magic, header[8] <= maximumBlocks, header[9] <= maximumBlocks
        else { return nil }
        return headerWords + Int(header[8] + header[9]) * blockWords
    }

    /// Reads the header and the blocks; nil when they are damaged in any way.
    package init?(words: [UInt64]) {
        guard let count = Self.wordCount(header: words), words.count >= count,
            words[1] == Checksum.of(words[2..<count]),
            let blocks = Int(exactly: words[10]), (1...2 * Self.maximumBlocks).contains(blocks),
            let buckets = Int(exactly: words[11]), (1...Self.maximumBuckets).contains(buckets),
            buckets.nonzeroBitCount == 1, let unlisted = Int(exactly: words[12])
        else { return nil }
        stamp = DirectoryStamp(
            inode: words[2], device: words[3], seconds: Int64(bitPattern: words[4]),
            nanoseconds: Int64(bitPattern: words[5]))
        boot = UInt128(words[6]) << 64 | UInt128(words[7])
        blockCapacity = blocks
        bucketCount = buckets
        unlistedOwners = unlisted
        let split = Self.headerWords + Int(words[8]) * Self.blockWords
        guard let v4 = Self.bitmap(words[Self.headerWords..<split], limit: UInt128(UInt32.max)),
            let v6 = Self.bitmap(words[split..<count], limit: .max)
        else { return nil }
        leased[.ipv4] = v4
        leased[.ipv6] = v6
        guard !isOutgrown else { return nil }
    }

    private static func bitmap(_ words: ArraySlice<UInt64>, limit: UInt128) -> AddressBitmap? {
        var blocks: [AddressBitmap.Block] = []
        blocks.reserveCapacity(words.count / blockWords)
        for index in stride(from: words.startIndex, to: words.endIndex, by: blockWords) {
            let start = UInt128(words[index]) << 64 | UInt128(words[index + 1])
            guard start <= limit else { return nil }
            blocks.append(AddressBitmap.Block(start: start, bits: words[index + 2]))
        }
        return AddressBitmap(blocks)
    }

    private static func powerOfTwo(atLeast number: Int) -> Int {
        number <= 1 ? 1 : 1 << (Int.bitWidth - (number - 1).leadingZeroBitCount)
    }
}

/// The check of a piece of the index: good against accidents, not against intent.
enum Checksum {
    static func of(_ words: some Sequence<UInt64>) -> UInt64 {
        words.reduce(0x9e37_79b9_7f4a_7c15) { sum, word in
            let mixed = (sum ^ word) &* 0xff51_afd7_ed55_8ccd
            return mixed ^ mixed >> 32
        }
    }
}
