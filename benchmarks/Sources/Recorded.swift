import BareLoop
import LinuxSystem
import NFTables
import TableKeeper

/// A transaction's bytes, to be sent again.
struct Recorded: Sendable {
    let bytes: [UInt8]
    /// The sequence number whose acknowledgement says that it is committed.
    let acknowledged: UInt32

    /// Sends it by C, in the calling thread's namespace.
    ///
    /// - Returns: nanoseconds until the kernel's acknowledgement.
    func replay() throws(SystemError) -> Double {
        let time = unsafe bytes.withUnsafeBytes { unsafe bare_replay($0.baseAddress, UInt64($0.count), acknowledged) }
        guard time > 0 else { throw SystemError("replay", Errno(rawValue: Int32(-time))) }
        return Double(time)
    }
}

/// The kernel's tables, and what was committed to them.
final class RecordingConnection: TableConnection {
    private let kernel: KernelConnection
    /// Encodes only: sequence numbers play no part.
    private var encoder: Optional<NFTConnection>
    private(set) var recorded: [Recorded] = []

    init(_ namespace: borrowing NetworkNamespace) throws {
        kernel = KernelConnection(try namespace.connect())
        encoder = try namespace.connect()
    }

    /// Hands over what was committed since the last call.
    func take() -> [Recorded] {
        defer { recorded = [] }
        return recorded
    }

    /// The bytes that a transaction is sent as.
    func encode(_ transaction: Transaction) -> Recorded? {
        guard var open = encoder.take() else { return nil }
        let batch = open.encode(transaction)
        encoder = consume open
        return batch.map { Recorded(bytes: $0.bytes, acknowledged: $0.acknowledged) }
    }

    private func record(_ transaction: Transaction) { if let sent = encode(transaction) { recorded.append(sent) } }

    func commit(_ transaction: Transaction) throws(NetlinkError) {
        record(transaction)
        try kernel.commit(transaction)
    }

    func commit(_ transaction: Transaction, ifGeneration generation: UInt32) throws(NetlinkError) -> UInt32? {
        record(transaction)
        return try kernel.commit(transaction, ifGeneration: generation)
    }

    func commit(from generation: UInt32?, _ next: () -> Transaction?) -> CommitRun {
        kernel.commit(from: generation) {
            let transaction = next()
            if let transaction { record(transaction) }
            return transaction
        }
    }

    func generation() throws(NetlinkError) -> UInt32 { try kernel.generation() }
    func dump(_ table: TableID) throws(NetlinkError) -> TableSnapshot? { try kernel.dump(table) }
    func watch() throws(NetlinkError) { try kernel.watch() }
    var descriptor: Int32? { kernel.descriptor }
    func notice() throws(NetlinkError) -> TableMonitor.Notice { try kernel.notice() }

    func element(_ key: [UInt32], of set: String, in table: TableID) throws(NetlinkError) -> ElementContent? {
        try kernel.element(key, of: set, in: table)
    }
}
