import CLinux

/// The messages of one datagram from the kernel (`struct nlmsghdr`, linux/netlink.h).
package struct NetlinkReplies: Sequence, IteratorProtocol {
    package struct Message {
        package let sequence: UInt32
        /// NLM_F_DUMP_INTR: something changed while the dump ran.
        package let isInterrupted: Bool
        package let content: Content
    }

    package enum Content {
        /// The body after the netlink header.
        case object(ArraySlice<UInt8>)
        /// The end of a dump, with its error if it failed.
        case done(Errno?)
        /// An acknowledgement: nil for success, or the error and the kernel's sentence.
        case acknowledgement(Errno?, String?)
    }

    private static let headerLength = 16

    private var rest: ArraySlice<UInt8>

    package init(_ datagram: [UInt8]) { rest = datagram[...] }

    package mutating func next() -> Message? {
        guard let length = rest.uint32(at: 0), let type = rest.uint16(at: 4), let flags = rest.uint16(at: 6),
            let sequence = rest.uint32(at: 8), length >= Self.headerLength, Int(length) <= rest.count
        else { return nil }
        let body = rest.dropFirst(Self.headerLength).prefix(Int(length) - Self.headerLength)
        rest = rest.dropFirst((Int(length) + 3) & ~3)
        return Message(
            sequence: sequence, isInterrupted: Int32(flags) & NLM_F_DUMP_INTR != 0,
            content: Self.content(type: Int32(type), flags: Int32(flags), body: body))
    }

    private static func content(type: Int32, flags: Int32, body: ArraySlice<UInt8>) -> Content {
        let errno = body.int32(at: 0).flatMap { $0 == 0 ? nil : Errno(rawValue: 0 &- $0) }
        switch type {
        case NLMSG_ERROR: return .acknowledgement(errno, kernelMessage(flags: flags, body: body))
        case NLMSG_DONE: return .done(errno)
        default: return .object(body)
        }
    }

    /// Reads NLMSGERR_ATTR_MSG, which follows the error, the request's header and, unless capped, its body.
    private static func kernelMessage(flags: Int32, body: ArraySlice<UInt8>) -> String? {
        guard flags & NLM_F_ACK_TLVS != 0, let requestLength = body.uint32(at: 4) else { return nil }
        let echoed = flags & NLM_F_CAPPED != 0 ? headerLength : (Int(requestLength) + 3) & ~3
        return NetlinkAttributes(body.dropFirst(4 + echoed)).first { $0.type == Int(NLMSGERR_ATTR_MSG.rawValue) }?.text
    }
}
