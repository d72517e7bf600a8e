import Glibc
import HostIPAM
import LinuxSystem
import NetworkTypes

/// A network's leases while this process holds their lock, which host-local takes too.
///
/// Every change is a file made or removed; the index follows, and is stamped by `commit`.
struct LockedLeases: ~Copyable {
    let directory: OpenDirectory
    private let lock: FileLock
    var index: LeaseIndex
    /// Nil where the index can't be kept: then owners are sought in the lease files.
    var indexFile: LeaseIndexFile?
    /// The buckets that were looked at, by their places.
    var buckets: [Int: OwnerBucket] = [:]
    /// The places of the buckets that differ from the file.
    var changedBuckets: Set<Int> = []
    /// Entries that found their buckets full.
    var overflow: [OwnerBucket.Entry] = []
    /// Whether the index differs from the file.
    var isChanged = false
    /// Whether the files turned out to be others than the index says.
    var isDoubtful = false

    private static let ownerLimit = 4096

    /// Waits for the lock of a directory that exists, and makes the index anew where it does not fit.
    static func open(_ path: String) throws(SystemError) -> LockedLeases {
        let directory = try OpenDirectory(path)
        let lock = try FileLock(path: "\(path)/lock")
        let indexFile = try? LeaseIndexFile(writing: directory)
        let stamp = DirectoryStamp(try directory.status())
        let boot = Boot.id
        let found = indexFile?.read()
        let fresh = LeaseIndex(stamp: stamp, boot: boot ?? 0, leased: LeasedAddresses(), owners: 0)
        var leases = LockedLeases(directory, lock, found ?? fresh, indexFile)
        if found?.stamp != stamp || found?.boot != boot {
            leases.index = fresh
            try leases.rebuild(sweeping: boot == nil || found?.boot != boot)
        }
        return leases
    }

    private init(
        _ directory: consuming OpenDirectory, _ lock: consuming FileLock, _ index: LeaseIndex,
        _ indexFile: consuming LeaseIndexFile?
    ) {
        self.directory = directory
        self.lock = lock
        self.index = index
        self.indexFile = indexFile
    }

    /// What a lease file says; nil for one that is empty or does not exist.
    borrowing func record(_ address: IPAddress) throws(SystemError) -> LeaseRecord? {
        do throws(SystemError) {
            return LeaseRecord(parsing: try content(address.description).bytes)
        } catch {
            guard error.errno == .notFound || error.errno == .isDirectory else { throw error }
            return nil
        }
    }

    /// Makes the lease file of an address.
    ///
    /// - Returns: false when somebody has the address already.
    mutating func take(_ address: IPAddress, for record: LeaseRecord) throws(SystemError) -> Bool {
        let name = address.description
        let file: FileDescriptor
        do throws(SystemError) {
            file = try directory.open(name, O_WRONLY | O_CREAT | O_EXCL)
        } catch {
            guard error.errno == .exists else { throw error }
            isDoubtful = isDoubtful || !index.leased.contains(address)
            index.leased.insert(address)
            return false
        }
        do throws(SystemError) {
            try file.writeAll(Array(record.content.utf8), to: "\(directory.path)/\(name)")
        } catch {
            _ = try? directory.remove(name)
            throw error
        }
        index.leased.insert(address)
        insert(OwnerBucket.Entry(OwnerHash(record), address))
        return true
    }

    /// Removes the lease files of those addresses that are still this attachment's.
    mutating func free(_ addresses: [IPAddress], of owner: LeaseRecord) throws(SystemError) {
        for address in addresses {
            guard let record = try record(address), record.belongs(to: owner) else { continue }
            try free(address.description, record)
        }
    }

    /// Removes a lease file, with the record that it holds.
    mutating func free(_ name: String, _ record: LeaseRecord?) throws(SystemError) {
        guard try directory.remove(name) else { return }
        isChanged = true
        guard let address = IPAddress(name), address.description == name else { return }
        index.leased.remove(address)
        if let record { remove(OwnerBucket.Entry(OwnerHash(record), address)) }
    }

    /// The addresses of an attachment, and perhaps some of another one: who asks looks into their files.
    mutating func addresses(of owner: LeaseRecord) throws(SystemError) -> [IPAddress] {
        var found: [IPAddress] = []
        if indexFile != nil {
            for hash in OwnerHash.all(of: owner) { found += try bucket(of: hash).addresses(of: hash) }
        }
        if indexFile == nil || index.unlistedOwners > 0 {
            found = try entries().filter { $0.record?.belongs(to: owner) == true }.compactMap {
                IPAddress($0.name)
            }
        }
        return found
    }

    /// Opens the file that says which address of a range set was given out last.
    borrowing func memory(ofSet number: Int) throws(SystemError) -> LastReserved {
        let name = "last_reserved_ip.\(number)"
        let file = try directory.open(name, O_RDWR | O_CREAT)
        guard try FileStatus(of: file).isRegular else {
            throw SystemError("\(directory.path)/\(name): it is no regular file", .invalid)
        }
        return try LastReserved(file, "\(directory.path)/\(name)")
    }

    /// Every file that is named like an address, with what it says: the whole directory is read.
    borrowing func entries() throws(SystemError) -> [LeaseEntry] {
        var entries: [LeaseEntry] = []
        for name in try directory.names() {
            guard let address = IPAddress(name) else { continue }
            do throws(SystemError) {
                let (bytes, modified) = try content(name)
                entries.append(
                    LeaseEntry(name: name, address: address, record: LeaseRecord(parsing: bytes), modified: modified))
            } catch {
                // A directory or a FIFO is no lease, whatever its name, and keeps its name from becoming one.
                guard error.errno == .isDirectory else { throw error }
                entries.append(LeaseEntry(name: name, address: address, record: nil, modified: nil))
            }
        }
        return entries
    }

    private borrowing func content(_ name: String) throws(SystemError) -> (bytes: [UInt8], modified: FileTime) {
        let file = try directory.open(name, O_RDONLY)
        let status = try FileStatus(of: file)
        // A FIFO or a device is no lease either.
        guard status.isRegular else { throw SystemError("read \(directory.path)/\(name)", .isDirectory) }
        return (try file.read(upTo: Self.ownerLimit), status.modified)
    }
}

/// A file of a lease directory that is named like an address.
struct LeaseEntry {
    let name: String
    let address: IPAddress
    /// Nil when the file is empty.
    let record: LeaseRecord?
    /// Nil for a directory, and for whatever else is no regular file.
    let modified: FileTime?

    /// Whether the name is the one that ADD would give the address, which has several spellings.
    var isCanonical: Bool { address.description == name }
}

/// The file that says which address of a range set was given out last.
struct LastReserved: ~Copyable {
    private let file: FileDescriptor
    private let path: String
    private let text: [UInt8]

    init(_ file: consuming FileDescriptor, _ path: String) throws(SystemError) {
        text = try file.read(upTo: 256)
        self.file = file
        self.path = path
    }

    var address: IPAddress? { IPAddress(String(decoding: text, as: UTF8.self)) }

    borrowing func replace(with address: IPAddress) throws(SystemError) {
        do throws(SystemError) {
            try file.replace(text, with: Array(address.description.utf8))
        } catch {
            throw SystemError("write \(path)", error.errno)
        }
    }
}
