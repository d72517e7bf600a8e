import CLinux

/// One message from the kernel (`struct nlmsghdr`, linux/netlink.h).
package struct NetlinkReply {
    package enum Content {
        /// The body after the netlink header.
        case object(ArraySlice<UInt8>)
        /// The end of an answer: an acknowledgement, or the end of a dump.
        ///
        /// Nil for success, or the error and the kernel's sentence.
        case end(Errno?, String?)
    }

    private static let headerLength = 16

    /// The message as it came, header included.
    package let bytes: ArraySlice<UInt8>
    /// Of `RTM_*` or another family's numbers.
    package let type: UInt16
    /// The number of the request that it answers.
    package let sequence: UInt32
    /// The port number of the socket that asked for it; of a notification, of whoever's request it tells.
    package let port: UInt32
    /// NLM_F_DUMP_INTR: something changed while the dump ran.
    package let isInterrupted: Bool
    package let content: Content

    /// Takes the first message of what is left of a datagram; nil where there is none, or one that is cut off.
    fileprivate init?(_ rest: ArraySlice<UInt8>) {
        guard let length = rest.uint32(at: 0), let type = rest.uint16(at: 4), let flags = rest.uint16(at: 6),
            let sequence = rest.uint32(at: 8), let port = rest.uint32(at: 12), length >= Self.headerLength,
            Int(length) <= rest.count
        else { return nil }
        bytes = rest.prefix(Int(length))
        self.type = type
        self.sequence = sequence
        self.port = port
        isInterrupted = Int32(flags) & NLM_F_DUMP_INTR != 0
        let body = bytes.dropFirst(Self.headerLength)
        switch Int32(type) {
        case NLMSG_ERROR:
            // The request's header follows the error and, unless capped, its body.
            let echoed = Int32(flags) & NLM_F_CAPPED != 0 ? Self.headerLength : Int(body.uint32(at: 4) ?? 0)
            content = Self.end(body, flags, afterwards: 4 + (echoed + 3) & ~3)
        case NLMSG_DONE: content = Self.end(body, flags, afterwards: 4)
        default: content = .object(body)
        }
    }

    /// Reads the error, and the sentence (`NLMSGERR_ATTR_MSG`) from the attributes behind it.
    private static func end(_ body: ArraySlice<UInt8>, _ flags: UInt16, afterwards offset: Int) -> Content {
        guard let number = body.int32(at: 0) else { return .end(.badMessage, nil) }
        guard number != 0 else { return .end(nil, nil) }
        var sentence: String?
        if Int32(flags) & NLM_F_ACK_TLVS != 0 {
            for attribute in NetlinkAttributes(body.dropFirst(offset))
            where attribute.type == Int(NLMSGERR_ATTR_MSG.rawValue) {
                sentence = attribute.text
            }
        }
        return .end(Errno(rawValue: 0 &- number), sentence)
    }
}

/// The messages of one datagram from the kernel.
package struct NetlinkReplies: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    package init(_ datagram: [UInt8]) { rest = datagram[...] }

    package mutating func next() -> NetlinkReply? {
        guard let reply = NetlinkReply(rest) else { return nil }
        rest = rest.dropFirst((reply.bytes.count + 3) & ~3)
        return reply
    }
}
