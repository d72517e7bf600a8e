import AttachmentStore
import Attachments
import Glibc
import LinuxSystem
import NFTables
import NetworkTypes
import PodTables
import TestSupport
import Testing

/// A node of a test's own: a namespace and a folder for its records, which goes with it.
final class Node: Sendable {
    let namespace: NetNS
    let folder: String

    init() throws {
        namespace = try NetNS()
        folder = "/tmp/fairway-attachments-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try Directory.create(folder, mode: 0o700)
    }

    deinit { removeTree(folder) }

    func store() throws -> AttachmentStore {
        let folder = folder
        return try namespace.perform { () throws(SystemError) in try AttachmentStore(folder: folder) }
    }

    /// Runs a body with the node's table, in its namespace, as a plugin's process does.
    func withTable<T: Sendable>(_ body: @escaping @Sendable (inout PodTable) throws(PodTableError) -> T) throws -> T {
        let folder = folder
        let result = try namespace.perform { () throws(SystemError) -> Result<T, PodTableError> in
            let store = try AttachmentStore(folder: folder)
            do throws(PodTableError) {
                var table = try PodTable(store)
                return .success(try body(&table))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    func add(_ rules: PodDemand, role: String = "", onConflict policy: PodTable.ConflictPolicy = .refuse) throws {
        try withTable { table throws(PodTableError) in
            try table.add(AttachmentRecord(rules, role: role), onConflict: policy)
        }
    }

    func remove(_ keys: AttachmentKey...) throws {
        try withTable { table throws(PodTableError) in _ = try table.withdraw(keys) }
        for key in keys { try store().remove(key) }
    }

    /// How the kernel's tables differ from what the records say; none when they are equal.
    func differences() throws -> [String] {
        let listing = try store().records()
        let rules = listing.records.sorted { $0.order < $1.order }.compactMap(\.demandInForce)
        return try PodTableContent(rules).changes(from: try dump()).operations.map(\.description)
    }

    func dump() throws -> [TableID: TableSnapshot] {
        var connection = try namespace.nftConnection()
        var snapshots: [TableID: TableSnapshot] = [:]
        for table in PodTableContent.tableIDs { snapshots[table] = try connection.dump(table) }
        return snapshots
    }
}

/// Rules of pods by number: 10.244.0.N and fd00::N in the network "pods".
func pod(
    _ number: Int, network: String = "pods", ports: [HostPort] = [], clientNAT: ClientNAT = .hairpin,
    onLoopback: Bool = false, masquerade: Bool = false, guarded: Bool = false
) -> PodDemand {
    let addresses = ["10.244.0.\(number)/24", "fd00::\(String(number, radix: 16))/64"].compactMap { CIDR($0) }
    return PodDemand(
        owner: Attachments.Attachment(network: network, containerID: "container-\(number)", interfaceName: "eth0"),
        addresses: addresses, ports: ports, clientNAT: clientNAT, onLoopback: onLoopback,
        masquerade: masquerade ? Masquerade(network: network, subnets: addresses.map(\.network)) : nil,
        guardedMAC: guarded
            ? GuardedMAC(linkName: "veth\(number)", address: MACAddress(value: 0x0a58_0000_0000 + UInt64(number)))
            : nil)
}

func key(_ rules: PodDemand, role: String = "") -> AttachmentKey { AttachmentKey(rules.owner, role: role) }

extension Node {
    /// Copies an attachment's record to another node, as a process leaves it that is killed before it commits.
    func copyRecord(of key: AttachmentKey, to other: Node) throws {
        let name = "\(key.owner.network)/\(key.owner.containerID):\(key.owner.interfaceName)"
        let bytes = try FileDescriptor.open("\(store().path)/\(name)", O_RDONLY).readToEnd()
        let target = try other.store().path
        try Directory.create("\(target)/\(key.owner.network)", mode: 0o700)
        try FileDescriptor.open("\(target)/\(name)", O_WRONLY | O_CREAT | O_TRUNC).writeAll(
            bytes.isEmpty ? [0] : bytes)
        try other.setState([])
    }

    /// What the lock's file holds; empty when it was cleared.
    func state() throws -> [UInt8] {
        let content = try FileDescriptor.open("\(store().path)/.lock", O_RDONLY).readToEnd()
        return content.first == 0 ? [] : content
    }

    /// Leaves the lock's file as a holder does; without bytes, as one does that was killed at work.
    func setState(_ bytes: [UInt8]) throws {
        try Directory.create(store().path, mode: 0o700)
        try FileDescriptor.open("\(store().path)/.lock", O_WRONLY | O_CREAT | O_TRUNC).writeAll(
            bytes.isEmpty ? [0] : bytes)
    }
}
