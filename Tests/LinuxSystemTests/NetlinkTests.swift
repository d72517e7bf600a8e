import LinuxSystem
import Testing

/// Replies as the kernel writes them, and as nobody should.
struct NetlinkTests {
    private func message(_ type: UInt16, flags: UInt16 = 0, sequence: UInt32 = 7, _ body: [UInt8]) -> [UInt8] {
        func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
            (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * T($0))) }
        }
        let header = bytes(UInt32(16 + body.count)) + bytes(type) + bytes(flags) + bytes(sequence) + bytes(UInt32(0))
        return header + body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
    }

    /// -17, and the header of the request, which had 32 bytes.
    private static let refusal: [UInt8] = [0xef, 0xff, 0xff, 0xff, 32, 0, 0, 0] + [UInt8](repeating: 0, count: 12)
    /// NLMSGERR_ATTR_MSG "no".
    private static let sentence: [UInt8] = [7, 0, 1, 0, 110, 111, 0, 0]

    private func end(_ reply: NetlinkReply?) -> String {
        guard case .end(let errno, let text)? = reply?.content else { return "none" }
        return "\(errno?.rawValue ?? 0) \(text ?? "-")"
    }

    @Test("Objects, acknowledgements, refusals and the end of a dump are told apart, in one datagram")
    func kinds() {
        // NLMSG_ERROR 2, NLMSG_DONE 3; NLM_F_CAPPED 0x100, NLM_F_ACK_TLVS 0x200, NLM_F_DUMP_INTR 0x10
        let datagram =
            message(16, flags: 0x10, [1, 2, 3]) + message(2, [0, 0, 0, 0] + Self.refusal.dropFirst(4))
            + message(2, flags: 0x300, Self.refusal + Self.sentence)
            + message(2, flags: 0x200, Self.refusal + [UInt8](repeating: 9, count: 16) + Self.sentence)
            + message(3, flags: 0x200, [0xef, 0xff, 0xff, 0xff] + Self.sentence) + message(3, [0, 0, 0, 0])
        let replies = Array(NetlinkReplies(datagram))
        guard replies.count == 6, case .object(let body) = replies[0].content else {
            Issue.record("\(replies.count)")
            return
        }
        #expect(Array(body) == [1, 2, 3] && replies[0].isInterrupted && replies[0].type == 16)
        #expect(replies[0].bytes.count == 19 && replies.allSatisfy { $0.sequence == 7 } && !replies[1].isInterrupted)
        #expect(replies[1...].map { end($0) } == ["0 -", "17 no", "17 no", "17 no", "0 -"])
    }

    @Test("What is cut off is passed over, and never read beyond its end")
    func bounds() {
        let whole = message(2, flags: 0x300, Self.refusal + Self.sentence)
        for count in 0..<whole.count {
            #expect(Array(NetlinkReplies(Array(whole[..<count]))).isEmpty)
        }
        // Shorter than its own content should be, with a length that is right.
        #expect(end(Array(NetlinkReplies(message(2, flags: 0x300, [0xef, 0xff]))).first) == "74 -")
        #expect(end(Array(NetlinkReplies(message(2, flags: 0x300, [0xef, 0xff, 0xff, 0xff]))).first) == "17 -")
        #expect(end(Array(NetlinkReplies(message(3, []))).first) == "74 -")
    }

    @Test("An error says what was asked, why not, and in the kernel's words")
    func words() {
        let error = NetlinkError(.route, "create the veth a", .exists, kernelMessage: "taken")
        #expect(error.description == "create the veth a: File exists (taken)")
        #expect(
            NetlinkError(.nftables, "add table ip t", .busy).description
                == "nftables: add table ip t: Device or resource busy")
    }
}
