import CLinux
import Glibc

/// The owner of a netlink socket: it speaks for the network namespace that it was opened in, wherever it is used.
///
/// One thread at a time uses it. The kernel acts on a request inside `send`, so all calls end soon.
package struct NetlinkSocket: ~Copyable, Sendable {
    package let family: NetlinkFamily
    private let descriptor: FileDescriptor

    /// Opens a socket in the calling thread's namespace, whose refusals come with the kernel's own sentence.
    ///
    /// - Parameter groups: those whose notifications it receives.
    package init(_ family: NetlinkFamily, groups: [Int32] = []) throws(SystemError) {
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = family == .route ? NETLINK_ROUTE : NETLINK_NETFILTER
        let descriptor = FileDescriptor(
            adopting: try systemCall("open a \(family.rawValue) netlink socket") { socket(AF_NETLINK, type, number) })
        let fd = descriptor.rawValue
        // Without NETLINK_CAP_ACK a refusal carries the whole request.
        for option in [NETLINK_CAP_ACK, NETLINK_EXT_ACK] { try Self.set(option, to: 1, on: fd) }
        if family == .route { try Self.set(NETLINK_GET_STRICT_CHK, to: 1, on: fd) }
        if !groups.isEmpty { try Self.bind(fd) }
        for group in groups { try Self.set(NETLINK_ADD_MEMBERSHIP, to: group, on: fd) }
        self.family = family
        self.descriptor = descriptor
    }

    private static func set(_ option: Int32, to value: Int32, on fd: Int32) throws(SystemError) {
        var value = value
        try systemCall("set netlink option \(option)") { unsafe setsockopt(fd, SOL_NETLINK, option, &value, 4) }
    }

    /// Gives the socket a port number before the first request does.
    ///
    /// Without one it hears nothing: 0 is the sender of all that the kernel tells groups.
    private static func bind(_ fd: Int32) throws(SystemError) {
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        try systemCall("bind a netlink socket") {
            unsafe withUnsafePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.bind(fd, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
                }
            }
        }
    }

    /// The descriptor's number, to wait for input.
    package var rawValue: Int32 { descriptor.rawValue }

    /// The port number, by which the kernel tells whose requests it speaks of; 0 before the first request.
    package borrowing func port() throws(SystemError) -> UInt32 {
        var address = sockaddr_nl()
        var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
        let fd = rawValue
        try systemCall("ask for a netlink socket's port") {
            unsafe withUnsafeMutablePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getsockname(fd, $0, &length)
                }
            }
        }
        return address.nl_pid
    }

    /// Receives from now on what the kernel tells a group.
    package borrowing func join(_ group: Int32) throws(SystemError) {
        try Self.set(NETLINK_ADD_MEMBERSHIP, to: group, on: rawValue)
    }

    /// Lets one message of so many bytes through, beyond `net.core.wmem_max`.
    package borrowing func reserve(sendBuffer bytes: Int) {
        var size = Int32(clamping: bytes + (1 << 16))
        if unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4) != 0 {
            // A user namespace's root may go up to net.core.wmem_max only.
            _ = unsafe setsockopt(rawValue, SOL_SOCKET, SO_SNDBUF, &size, 4)
        }
    }

    /// Makes room for so many bytes that have not been received yet, beyond `net.core.rmem_max`.
    package borrowing func reserve(receiveBuffer bytes: Int) {
        var size = Int32(clamping: bytes)
        _ = unsafe setsockopt(rawValue, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
    }

    package borrowing func send(_ messages: RawSpan) throws(Errno) {
        while true {
            let count = unsafe messages.withUnsafeBytes { unsafe Glibc.send(rawValue, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return }
            let errno = Errno.current
            if errno != .interrupted { throw errno }
        }
    }

    /// Receives one datagram.
    ///
    /// - Parameter room: bytes; what is longer is cut off.
    /// - Returns: nil when none waits and `wait` is false.
    package borrowing func receive(wait: Bool = true, room: Int = 1 << 16) throws(Errno) -> NetlinkReplies? {
        let fd = rawValue
        while true {
            var errno: Errno?
            // The kernel fills at most 32 KiB of a reader's buffer in a dump (netlink_recvmsg).
            let datagram = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                let size = unsafe recv(fd, buffer.baseAddress, buffer.count, wait ? 0 : Int32(MSG_DONTWAIT))
                count = max(size, 0)
                if size < 0 { errno = .current }
            }
            guard let errno else { return NetlinkReplies(datagram) }
            if errno == .wouldBlock { return nil }
            if errno != .interrupted { throw errno }
        }
    }
}

// MARK: - Conversations

extension NetlinkSocket {
    /// Hands over what the kernel sends, message by message, until `each` returns true or, without `wait`, none waits.
    package borrowing func receiveAll(
        wait: Bool = true, room: Int = 1 << 16, _ each: (NetlinkReply) -> Bool
    ) throws(Errno) {
        while let replies = try receive(wait: wait, room: room) {
            for reply in replies where each(reply) { return }
        }
    }

    /// Sends requests and hands over each message of the answers, until `each` returns true.
    package borrowing func exchange(
        _ requests: RawSpan, _ operation: @autoclosure () -> String, each: (NetlinkReply) -> Bool
    ) throws(NetlinkError) {
        do throws(Errno) {
            try send(requests)
            try receiveAll(each)
        } catch {
            throw NetlinkError(family, operation(), error)
        }
    }

    /// Sends one request and hands over the objects of its answer.
    ///
    /// - Parameters:
    ///   - sequence: the request's number.
    ///   - isAcknowledged: whether something follows the objects; otherwise the answer is one object or a refusal.
    /// - Throws: `EINTR` for a dump that a change has interrupted: what was handed over is not to be trusted.
    package borrowing func ask(
        _ request: RawSpan, sequence: UInt32, isAcknowledged: Bool = true, _ operation: @autoclosure () -> String,
        each: (NetlinkReply, ArraySlice<UInt8>) -> Void
    ) throws(NetlinkError) {
        var failure: NetlinkError?
        var isInterrupted = false
        try exchange(request, operation()) { reply in
            guard reply.sequence == sequence else { return false }
            isInterrupted = isInterrupted || reply.isInterrupted
            switch reply.content {
            case .object(let body):
                each(reply, body)
                return !isAcknowledged
            case .end(let errno, let sentence):
                failure = errno.map { NetlinkError(family, operation(), $0, kernelMessage: sentence) }
                return true
            }
        }
        if let failure { throw failure }
        if isInterrupted { throw NetlinkError(family, operation(), .interrupted) }
    }
}
