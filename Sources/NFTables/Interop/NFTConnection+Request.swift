import CMNL
import CNFTNL
import Glibc
import LinuxSystem

/// True when a name that the kernel sent is the table's.
func isTable(_ table: TableID, _ name: UnsafePointer<CChar>?) -> Bool {
    unsafe name.map { unsafe strcmp($0, table.name) == 0 } ?? false
}

extension NFTConnection {
    /// Sends one request and hands over each message of its answer.
    mutating func request(
        _ type: UInt16, family: UInt32, flags: Int32, _ what: @autoclosure () -> String,
        fill: (UnsafeMutablePointer<nlmsghdr>) -> Void = { _ in },
        each: (UnsafePointer<nlmsghdr>) -> Void
    ) throws(NetlinkError) {
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
        unsafe try socket.ask(message.bytes, sequence: sequence, what()) { reply, _ in
            unsafe reply.bytes.withUnsafeBytes { bytes in
                if let header = unsafe bytes.baseAddress?.assumingMemoryBound(to: nlmsghdr.self) {
                    unsafe each(header)
                }
            }
        }
    }
}
