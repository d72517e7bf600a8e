import CNIProtocol
import HostIPAM
import NetworkTypes
import Testing

@Suite struct LeaseIndexTests {
    private let stamp = DirectoryStamp(inode: 7, device: 8, seconds: -9, nanoseconds: 999_999_999)

    private func index(_ leases: Int) -> LeaseIndex {
        var leased = LeasedAddresses()
        for number in 0..<leases {
            leased.insert(IPAddress(family: .ipv4, value: 0x0a00_0000 + UInt128(number)))
            leased.insert(IPAddress(family: .ipv6, value: 0xfd << 120 + UInt128(number * 3)))
        }
        return LeaseIndex(stamp: stamp, boot: .max - 5, leased: leased, owners: leases * 2)
    }

    private func owner(_ number: Int) -> OwnerHash {
        OwnerHash(LeaseRecord(containerID: "c\(number)", interfaceName: "eth0"))
    }

    private func insert(_ number: Int, _ address: IPAddress, into bucket: inout OwnerBucket) {
        let isInserted = bucket.insert(OwnerBucket.Entry(owner(number), address))
        #expect(isInserted)
    }

    @Test("What is written is read back", arguments: [0, 1, 64, 1000, 60_000])
    func roundTrip(leases: Int) {
        var index = index(leases)
        index.unlistedOwners = 3
        let words = index.words
        #expect(LeaseIndex.wordCount(header: words) == words.count)
        #expect(LeaseIndex(words: words) == index)
        #expect(LeaseIndex(words: words + [1, 2, 3]) == index)
        #expect(words.count <= index.bucketWords.lowerBound)
        #expect(!index.isOutgrown)
    }

    @Test("Sixty thousand leases in a row fit into 23 kilobytes that are read for each ADD")
    func size() {
        let leased = LeasedAddresses((0..<60_000).map { IPAddress(family: .ipv4, value: 0x0a00_0000 + $0) })
        let index = LeaseIndex(stamp: stamp, boot: 0, leased: leased, owners: 60_000)
        #expect(index.words.count * 8 < 23_000)
        #expect(index.fileWords * 8 < 9_000_000)
    }

    @Test("An index that has any one bit changed, or is cut off anywhere, is none")
    func damaged() {
        let words = index(40).words
        for place in words.indices {
            for bit in 0..<64 {
                var copy = words
                copy[place] ^= 1 << UInt64(bit)
                #expect(LeaseIndex(words: copy) == nil, "word \(place) bit \(bit)")
            }
            #expect(LeaseIndex(words: Array(words[..<place])) == nil)
        }
    }

    @Test("Random words are no index and no bucket, and none of them traps")
    func random() {
        var generator = SystemRandomNumberGenerator()
        let magic = index(1).words[0]
        for _ in 0..<2000 {
            var words = (0..<256).map { _ in
                Bool.random(using: &generator) ? UInt64.random(in: 0...UInt64.max, using: &generator) : 0
            }
            words[0] = magic
            _ = LeaseIndex.wordCount(header: words)
            #expect(LeaseIndex(words: words) == nil)
            #expect(OwnerBucket(words: words[..<OwnerBucket.wordCount]) == nil)
            #expect(OwnerBucket(words: words[...]) == nil)
        }
        #expect(LeaseIndex.wordCount(header: []) == nil)
        #expect(LeaseIndex(words: []) == nil)
        #expect(OwnerBucket(words: []) == nil)
    }

    @Test("Blocks outgrow their room, and a new index has more")
    func outgrown() {
        var index = index(0)
        for number in 0..<index.blockCapacity {
            index.leased.insert(IPAddress(family: .ipv6, value: UInt128(number * 64)))
        }
        #expect(!index.isOutgrown)
        index.leased.insert(IPAddress(family: .ipv6, value: .max))
        #expect(index.isOutgrown)
        #expect(LeaseIndex(words: index.words) == nil)
        let larger = LeaseIndex(stamp: stamp, boot: 0, leased: index.leased, owners: 0)
        #expect(LeaseIndex(words: larger.words) == larger)
    }

    @Test("A bucket has an owner's addresses of both families, until they are removed")
    func bucket() throws {
        let addresses = ["10.0.0.2", "fd00::2"].compactMap { IPAddress($0) }
        var bucket = OwnerBucket()
        for address in addresses { insert(1, address, into: &bucket) }
        insert(2, try #require(IPAddress("10.0.0.3")), into: &bucket)
        let read = try #require(OwnerBucket(words: bucket.words[...]))
        #expect(read == bucket)
        #expect(read.addresses(of: owner(1)) == addresses)
        bucket.remove(OwnerBucket.Entry(owner(1), addresses[0]))
        #expect(bucket.addresses(of: owner(1)) == [addresses[1]])
        #expect(bucket.addresses(of: owner(3)).isEmpty)
        #expect(bucket.words.count == OwnerBucket.wordCount)
    }

    @Test("A bucket takes as many entries as it has room for, and the same one only once")
    func fullBucket() {
        var bucket = OwnerBucket()
        for number in 0..<OwnerBucket.capacity {
            for _ in 0..<2 { insert(number, IPAddress(family: .ipv4, value: UInt128(number)), into: &bucket) }
        }
        let isInserted = bucket.insert(OwnerBucket.Entry(owner(-1), IPAddress(family: .ipv4, value: 0)))
        #expect(!isInserted)
        #expect(OwnerBucket(words: bucket.words[...]) == bucket)
    }

    @Test("A bucket with any one bit changed is none")
    func damagedBucket() {
        var bucket = OwnerBucket()
        for number in 0..<5 {
            _ = bucket.insert(OwnerBucket.Entry(owner(number), IPAddress(family: .ipv4, value: UInt128(number))))
        }
        for place in 0..<OwnerBucket.wordCount {
            for bit in 0..<64 {
                var words = bucket.words
                words[place] ^= 1 << UInt64(bit)
                #expect(OwnerBucket(words: words[...]) == nil)
            }
        }
    }

    @Test("A table of 65,000 owners has each in the bucket that the index names, and none without room")
    func table() throws {
        let entries = (0..<65_000).map { OwnerBucket.Entry(owner($0), IPAddress(family: .ipv4, value: UInt128($0))) }
        let index = LeaseIndex(stamp: stamp, boot: 0, leased: LeasedAddresses(), owners: entries.count)
        let (words, unlisted) = OwnerBucket.table(of: entries, buckets: index.bucketCount)
        #expect(unlisted == 0)
        #expect(words.count == index.bucketWords.count)
        for entry in entries {
            let start = index.bucketOffset(of: entry.owner) - index.bucketWords.lowerBound
            let bucket = try #require(OwnerBucket(words: words[start..<(start + OwnerBucket.wordCount)]))
            #expect(bucket.addresses(of: entry.owner) == [entry.address])
        }
        #expect(Set(try #require(OwnerBucket.entries(in: words))) == Set(entries))
        #expect(OwnerBucket.entries(in: Array(words.dropLast())) == nil)
        let tight = OwnerBucket.table(of: entries, buckets: 1)
        #expect(tight.unlisted == entries.count - OwnerBucket.capacity)
    }

    @Test("An attachment's leases are found under its own name, and under its container's alone")
    func owners() {
        let attachment = LeaseRecord(containerID: "c", interfaceName: "eth0")
        let hashes = OwnerHash.all(of: attachment)
        #expect(hashes.contains(OwnerHash(attachment)))
        #expect(hashes.contains(OwnerHash(LeaseRecord(containerID: "c"))))
        #expect(!hashes.contains(OwnerHash(LeaseRecord(containerID: "c", interfaceName: "eth1"))))
    }
}
