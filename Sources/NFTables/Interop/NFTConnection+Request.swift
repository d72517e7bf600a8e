import CMNL
import CNFTNL
import Glibc
import LinuxSystem

/// What a received message says to whoever sent a transaction.
struct Reply {
    enum Kind {
        /// The answer to a request: 0 or an error number, with the kernel's text.
        case acknowledgement(Int32, String?)
        case other
    }

    let kind: Kind
    let sequence: UInt32

    fileprivate init(_ reply: NetlinkReply) {
        sequence = reply.sequence
        kind =
            switch reply.content {
            case .object: .other
            case .end(let errno, let sentence): .acknowledgement(errno?.rawValue ?? 0, sentence)
            }
    }
}

/// True when a name that the kernel sent is the table's.
func isTable(_ table: TableID, _ name: UnsafePointer<CChar>?) -> Bool {
    unsafe name.map { unsafe strcmp($0, table.name) == 0 } ?? false
}

extension NFTConnection {
    /// Hands over every message that waits in the receive buffer.
    func drain(wait: Bool, _ each: (Reply) -> Void) throws(Errno) {
        try socket.netlink.receiveAll(wait: wait) { reply in
            each(Reply(reply))
            return false
        }
    }

    /// Sends one request and hands over each message of its answer.
    mutating func request(
        _ type: UInt16, family: UInt32, flags: Int32, _ what: @autoclosure () -> String,
        fill: (UnsafeMutablePointer<nlmsghdr>) -> Void = { _ in },
        each: (UnsafePointer<nlmsghdr>) -> Void
    ) throws(NFTablesError) {
        let sequence = takeSequence()
        let isDump = flags & NLM_F_DUMP == NLM_F_DUMP
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
        defer { unsafe memory.deallocate() }
        guard
            let header = unsafe nftnl_nlmsg_build_hdr(
                memory.baseAddress?.assumingMemoryBound(to: CChar.self), type, UInt16(truncatingIfNeeded: family),
                UInt16(truncatingIfNeeded: isDump ? flags : flags | NLM_F_ACK), sequence)
        else { return }
        unsafe fill(header)
        let message = unsafe UnsafeRawBufferPointer(start: header, count: Int(header.pointee.nlmsg_len))
        unsafe try socket.netlink.ask(message.bytes, sequence: sequence, what()) { reply, _ in
            unsafe reply.bytes.withUnsafeBytes { bytes in
                if let header = unsafe bytes.baseAddress?.assumingMemoryBound(to: nlmsghdr.self) {
                    unsafe each(header)
                }
            }
        }
    }
}
