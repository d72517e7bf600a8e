import CMNL
import LinuxSystem
import NetworkTypes

/// Writes one message to connection tracking.
@safe struct MessageWriter: ~Copyable {
    /// Many times what the largest message here has.
    private static let capacity = 4096

    private let header: UnsafeMutablePointer<nlmsghdr>

    /// - Parameter type: of `enum cntl_msg_types`.
    init(_ type: Int, _ family: IPFamily?, flags: Int32, sequence: UInt32) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.capacity, alignment: 8)
        unsafe header = mnl_nlmsg_put_header(memory)
        unsafe header.pointee.nlmsg_type = UInt16(NFNL_SUBSYS_CTNETLINK << 8) | UInt16(truncatingIfNeeded: type)
        unsafe header.pointee.nlmsg_flags = UInt16(truncatingIfNeeded: flags | NLM_F_REQUEST)
        unsafe header.pointee.nlmsg_seq = sequence
        let size = MemoryLayout<nfgenmsg>.size
        let general = unsafe mnl_nlmsg_put_extra_header(header, size)?.assumingMemoryBound(to: nfgenmsg.self)
        let number: Int32 = family.map { $0 == .ipv4 ? AF_INET : AF_INET6 } ?? 0
        unsafe general?.pointee.nfgen_family = UInt8(truncatingIfNeeded: number)
    }

    deinit { unsafe UnsafeMutableRawPointer(header).deallocate() }

    /// Appends an attribute, unless it would not fit: the kernel refuses a message that lacks one.
    func put(_ type: Int, _ bytes: some Collection<UInt8>) {
        guard unsafe Int(header.pointee.nlmsg_len) + bytes.count + 8 <= Self.capacity else { return }
        let bytes = Array(bytes)
        unsafe bytes.withUnsafeBytes {
            unsafe mnl_attr_put(header, UInt16(truncatingIfNeeded: type), $0.count, $0.baseAddress)
        }
    }

    /// A number in host byte order.
    func put(_ type: Int, _ number: UInt32) {
        unsafe mnl_attr_put_u32(header, UInt16(truncatingIfNeeded: type), number)
    }

    /// Appends an attribute that holds what the body appends.
    func nest(_ type: Int, _ body: () -> Void) {
        let nest = unsafe mnl_attr_nest_start(header, UInt16(truncatingIfNeeded: type))
        body()
        unsafe mnl_attr_nest_end(header, nest)
    }

    /// The whole message; its length is a multiple of four.
    var bytes: [UInt8] {
        unsafe Array(UnsafeRawBufferPointer(start: header, count: Int(header.pointee.nlmsg_len)))
    }
}
