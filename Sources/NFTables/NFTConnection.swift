import CMNL
import CNFTNL
import Glibc
package import LinuxSystem
import NetworkTypes

/// A connection to nf_tables of one network namespace: commits transactions and dumps tables.
///
/// It is opened in the namespace that it speaks for and used by one thread at a time. All calls block until the kernel
/// has answered; a commit returns when the transaction is in force or refused. Needs CAP_NET_ADMIN.
package struct NFTConnection: ~Copyable, Sendable {
    let socket: NetlinkSocket
    private var sequence: UInt32 = 1
    private var templates = ElementTemplates()
    /// Bytes that the socket lets through in one message.
    private var sendRoom = 0
    package private(set) var statistics = CommitStatistics()

    package init() throws(NetlinkError) {
        do throws(SystemError) {
            socket = try NetlinkSocket(.nftables)
        } catch {
            throw NetlinkError("open netlink socket", error.errno)
        }
        socket.reserve(receiveBuffer: 1 << 20)
    }

    /// By which a `TableMonitor` knows what was committed through this; 0 before the first request.
    package var port: UInt32 {
        get throws(NetlinkError) {
            do throws(SystemError) {
                return try socket.port()
            } catch {
                throw NetlinkError("ask for the socket's port", error.errno)
            }
        }
    }

    mutating func takeSequence() -> UInt32 {
        sequence = sequence &+ 1
        return sequence
    }

    /// Commits a transaction: all of it is in force when the call returns, or nothing of it and the call throws.
    ///
    /// - Throws: `NetlinkError` that names the first operation the kernel refused.
    package mutating func commit(_ transaction: Transaction) throws(NetlinkError) {
        try commit(transaction, generation: nil)
    }

    /// Commits a transaction unless anybody has committed one since the namespace had this generation.
    ///
    /// - Returns: the generation that it made; nil when nothing was done because the namespace has another one.
    package mutating func commit(
        _ transaction: Transaction, ifGeneration generation: UInt32
    ) throws(NetlinkError) -> UInt32? {
        do throws(NetlinkError) {
            try commit(transaction, generation: generation)
        } catch {
            guard error.errno == Errno(rawValue: ERESTART) else { throw error }
            return nil
        }
        // The kernel passes over 0.
        return generation == .max ? 1 : generation + 1
    }

    /// The bytes that `commit` would send, and the sequence number whose acknowledgement says that it is committed: for who
    /// measures what the kernel does with them.
    package mutating func encode(_ transaction: Transaction) -> (bytes: [UInt8], acknowledged: UInt32)? {
        guard let batch = Batch(transaction, firstSequence: takeSequence(), &templates) else { return nil }
        sequence = sequence &+ UInt32(truncatingIfNeeded: batch.operations.count)
        let bytes = unsafe Array(UnsafeRawBufferPointer(start: batch.memory, count: batch.count))
        return (bytes, batch.lastOperationSequence)
    }

    /// An answer's bytes: a head, an error number, the request's head and a sentence or two.
    private static let answerRoom = 4096

    private mutating func commit(_ transaction: Transaction, generation: UInt32?) throws(NetlinkError) {
        guard !transaction.isEmpty else { return }
        do throws(NetlinkError) {
            try send(transaction, generation: generation)
            statistics.note(transaction)
        } catch {
            statistics.note(error)
            throw error
        }
    }

    private mutating func send(_ transaction: Transaction, generation: UInt32?) throws(NetlinkError) {
        guard let batch = Batch(transaction, firstSequence: takeSequence(), generation: generation, &templates)
        else {
            throw NetlinkError("build transaction", Errno(rawValue: ENOMEM))
        }
        sequence = sequence &+ UInt32(truncatingIfNeeded: batch.operations.count)
        if batch.count > sendRoom {
            socket.reserve(sendBuffer: batch.count)
            sendRoom = batch.count
        }
        // Put together for an error only.
        let size = batch.count
        func what() -> String { "transaction of \(transaction.operations.count) operations, \(size) bytes" }
        do throws(Errno) {
            unsafe try socket.send(UnsafeRawBufferPointer(start: batch.memory, count: batch.count).bytes)
        } catch {
            let isTooLong = error == Errno(rawValue: EMSGSIZE)
            throw NetlinkError(what(), error, message: isTooLong ? "raise net.core.wmem_max" : nil)
        }
        // sendmsg has carried the transaction out: the answers wait in the receive buffer already, refusals before the
        // acknowledgement.
        var committed = false
        var failure: NetlinkError?
        do throws(Errno) {
            try socket.receiveAll(wait: false, room: Self.answerRoom) { reply in
                guard case .end(let error, let message) = reply.content else { return false }
                let ordinal = Int(reply.sequence &- batch.firstSequence)
                guard batch.operations.indices.contains(ordinal) else { return false }
                if error == nil {
                    committed = committed || reply.sequence == batch.lastOperationSequence
                } else if let error, failure == nil {
                    let index = batch.operations[ordinal]
                    let name =
                        transaction.operations.indices.contains(index)
                        ? transaction.operations[index].description : what()
                    failure = NetlinkError(name, error, message: message)
                }
                return committed && failure == nil
            }
        } catch {
            throw NetlinkError(what(), error)
        }
        if let failure { throw failure }
        if !committed { throw NetlinkError("\(what()): no acknowledgement", Errno(rawValue: EPROTO)) }
    }

    /// The namespace's generation: the kernel counts it up with every transaction that anybody commits.
    package mutating func generation() throws(NetlinkError) -> UInt32 {
        var generation: UInt32?
        unsafe try request(Message.getGeneration, family: 0, flags: 0, "get generation") { message in
            guard let gen = unsafe nftnl_gen_alloc() else { return }
            if unsafe nftnl_gen_nlmsg_parse(message, gen) == 0 {
                generation = unsafe nftnl_gen_get_u32(gen, attribute(NFTNL_GEN_ID))
            }
            unsafe nftnl_gen_free(gen)
        }
        guard let generation else { throw NetlinkError("get generation", Errno(rawValue: EPROTO)) }
        return generation
    }
}
