import Glibc
import HostIPAM
import LinuxSystem

/// The file that keeps a lease directory's index.
///
/// It is changed under the directory's lock only. Its header is written last, with a stamp that the directory gets
/// after that: a writer that is killed leaves a stamp that does not fit, and the next one makes the file anew.
struct LeaseIndexFile: ~Copyable {
    static let name = ".fairway-index"

    private let file: FileDescriptor

    /// Opens the file; nil when there is none or it can't be opened.
    init?(reading directory: borrowing OpenDirectory) {
        guard let file = try? directory.open(Self.name, O_RDONLY) else { return nil }
        self.file = file
    }

    /// Opens the file for changes, making it if need be.
    init(writing directory: borrowing OpenDirectory) throws(SystemError) {
        file = try directory.open(Self.name, O_RDWR | O_CREAT)
    }

    /// Reads the index; nil when the file is empty or damaged.
    borrowing func read() -> LeaseIndex? {
        guard var words = try? file.readWords(LeaseIndex.firstReadWords, at: 0),
            let count = LeaseIndex.wordCount(header: words)
        else { return nil }
        if count > words.count {
            guard let rest = try? file.readWords(count - words.count, at: words.count) else { return nil }
            words += rest
        }
        return LeaseIndex(words: words)
    }

    /// Reads a bucket; nil when it is damaged.
    borrowing func bucket(at offset: Int) -> OwnerBucket? {
        guard let words = try? file.readWords(OwnerBucket.wordCount, at: offset) else { return nil }
        return OwnerBucket(words: words[...])
    }

    /// Reads all entries of an index's buckets; nil when any is damaged.
    borrowing func entries(_ index: LeaseIndex) -> [OwnerBucket.Entry]? {
        guard let words = try? file.readWords(index.bucketWords.count, at: index.bucketWords.lowerBound),
            words.count == index.bucketWords.count
        else { return nil }
        return OwnerBucket.entries(in: words)
    }

    borrowing func write(_ bucket: OwnerBucket, at offset: Int) throws(SystemError) {
        try file.write(bucket.words, at: offset)
    }

    borrowing func write(_ index: LeaseIndex) throws(SystemError) { try file.write(index.words, at: 0) }

    /// Makes the file that of an index whose header is still to be written.
    ///
    /// - Returns: the number of entries that found no room.
    borrowing func replace(_ index: LeaseIndex, _ entries: [OwnerBucket.Entry]) throws(SystemError) -> Int {
        try file.truncate(to: 0)
        let (words, unlisted) = OwnerBucket.table(of: entries, buckets: index.bucketCount)
        try file.write(words, at: index.bucketWords.lowerBound)
        return unlisted
    }
}
