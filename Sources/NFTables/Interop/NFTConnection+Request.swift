import CMNL
import CNFTNL
import Glibc
import LinuxSystem

/// What a received message says.
struct Reply {
    enum Kind {
        /// The answer to a request: 0 or an error number, with the kernel's text.
        case acknowledgement(Int32, String?)
        case endOfDump
        case other
    }

    let kind: Kind
    let sequence: UInt32
    let isInterrupted: Bool

    init(_ header: UnsafePointer<nlmsghdr>) {
        sequence = unsafe header.pointee.nlmsg_seq
        isInterrupted = unsafe Int32(header.pointee.nlmsg_flags) & NLM_F_DUMP_INTR != 0
        switch unsafe Int32(header.pointee.nlmsg_type) {
        case NLMSG_ERROR:
            guard unsafe mnl_nlmsg_get_payload_len(header) >= MemoryLayout<nlmsgerr>.size else {
                kind = .acknowledgement(EPROTO, nil)
                return
            }
            let error = unsafe mnl_nlmsg_get_payload(header).assumingMemoryBound(to: nlmsgerr.self)
            kind = .acknowledgement(unsafe -error.pointee.error, unsafe Reply.text(header))
        case NLMSG_DONE: kind = .endOfDump
        default: kind = .other
        }
    }

    /// The extended acknowledgement's message, `NLMSGERR_ATTR_MSG`.
    ///
    /// With NETLINK_CAP_ACK only the failed request's header precedes the attributes.
    private static func text(_ header: UnsafePointer<nlmsghdr>) -> String? {
        guard unsafe Int32(header.pointee.nlmsg_flags) & NLM_F_ACK_TLVS != 0 else { return nil }
        let offset = MemoryLayout<nlmsgerr>.size
        let length = unsafe mnl_nlmsg_get_payload_len(header)
        let payload = unsafe mnl_nlmsg_get_payload(header) + offset
        var rest = Int32(clamping: length - offset)
        var attribute = unsafe payload.assumingMemoryBound(to: nlattr.self)
        while unsafe mnl_attr_ok(attribute, rest) {
            if unsafe mnl_attr_get_type(attribute) == UInt16(NLMSGERR_ATTR_MSG.rawValue) {
                return unsafe mnl_attr_get_str(attribute).map { unsafe String(cString: $0) }
            }
            let length = unsafe (Int32(attribute.pointee.nla_len) + 3) & ~3
            rest -= length
            unsafe attribute = mnl_attr_next(attribute)
        }
        return nil
    }
}

/// True when a name that the kernel sent is the table's.
func isTable(_ table: TableID, _ name: UnsafePointer<CChar>?) -> Bool {
    unsafe name.map { unsafe strcmp($0, table.name) == 0 } ?? false
}

extension NFTConnection {
    /// A dump sends up to 32 KiB a datagram; less than what malloc would ask the kernel for by itself.
    private static let bufferSize = 1 << 16

    /// Receives what waits and hands over each message; with `wait`, until `each` returns true.
    private func receive(
        wait: Bool, _ each: (UnsafePointer<nlmsghdr>, Reply) -> Bool
    ) throws(Errno) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 8)
        defer { unsafe buffer.deallocate() }
        while let count = unsafe try socket.receive(into: buffer, wait: wait) {
            guard var header = unsafe UnsafePointer(buffer.baseAddress?.assumingMemoryBound(to: nlmsghdr.self)) else {
                return
            }
            var rest = Int32(clamping: count)
            while unsafe mnl_nlmsg_ok(header, rest) {
                if unsafe each(header, Reply(header)) { return }
                guard let next = unsafe mnl_nlmsg_next(header, &rest) else { break }
                unsafe header = UnsafePointer(next)
            }
        }
    }

    /// Hands over every message that waits in the receive buffer.
    func drain(wait: Bool, _ each: (Reply) -> Void) throws(Errno) {
        unsafe try receive(wait: wait) { _, reply in
            each(reply)
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
        var failure: NFTablesError?
        var isInterrupted = false
        do throws(Errno) {
            unsafe try socket.send(header, count: Int(header.pointee.nlmsg_len))
            unsafe try receive(wait: true) { message, reply in
                guard reply.sequence == sequence else { return false }
                isInterrupted = isInterrupted || reply.isInterrupted
                switch reply.kind {
                case .acknowledgement(let error, let text):
                    if error != 0 { failure = NFTablesError(what(), Errno(rawValue: error), message: text) }
                    return true
                case .endOfDump: return true
                case .other:
                    unsafe each(message)
                    return false
                }
            }
        } catch {
            throw NFTablesError(what(), error)
        }
        if let failure { throw failure }
        if isInterrupted { throw NFTablesError(what(), .interrupted) }
    }
}
