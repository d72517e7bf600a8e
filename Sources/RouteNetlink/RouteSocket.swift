import CNL
import Glibc
package import LinuxSystem

/// A route netlink socket: it acts on the network namespace that it was opened in, wherever it is used.
///
/// Every exchange ends before its call returns: a request is acted on by the kernel inside `sendmsg`.
package struct RouteSocket: ~Copyable {
    let descriptor: FileDescriptor
    var sequence: UInt32 = 0

    /// How often a dump that the kernel marked as inconsistent is asked for again.
    private static let dumpAttempts = 16

    /// Opens a socket in the calling thread's namespace, with extended acknowledgements and strict checking.
    package init() throws(SystemError) {
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = FileDescriptor(
            adopting: try systemCall("open a route netlink socket") { socket(AF_NETLINK, type, NETLINK_ROUTE) })
        for option in [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK] {
            try Self.enable(option, on: descriptor.rawValue)
        }
        self.descriptor = descriptor
    }

    private static func enable(_ option: Int32, on descriptor: Int32) throws(SystemError) {
        var one: Int32 = 1
        try systemCall("set netlink option \(option)") {
            unsafe setsockopt(descriptor, SOL_NETLINK, option, &one, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Asks for one object or for a dump.
    ///
    /// - Parameter build: appends the family header and the attributes of the request.
    /// - Returns: the bodies of the replies, without netlink headers.
    mutating func ask(
        _ operation: String, type: Int, dump: Bool, flags: Int32 = 0, build: (inout NetlinkMessage) -> Void
    ) throws(NetlinkError) -> [ArraySlice<UInt8>] {
        for _ in 0..<Self.dumpAttempts {
            sequence = sequence &+ 1
            let flags = dump ? NLM_F_DUMP : flags
            guard var message = NetlinkMessage(type: type, flags: flags, sequence: sequence) else {
                throw NetlinkError(operation, .outOfMemory)
            }
            build(&message)
            guard !message.isOverfull else { throw NetlinkError(operation, .messageTooLong) }
            try send(message.bytes, for: operation)
            if let bodies = try collect(operation, dump: dump) { return bodies }
        }
        throw NetlinkError(operation, .interrupted)
    }

    /// Receives the replies to the last question; nil when a dump was interrupted by a change and must be repeated.
    private func collect(_ operation: String, dump: Bool) throws(NetlinkError) -> [ArraySlice<UInt8>]? {
        var bodies: [ArraySlice<UInt8>] = []
        var isConsistent = true
        while true {
            for message in NetlinkReplies(try receive(for: operation)) where message.sequence == sequence {
                isConsistent = isConsistent && !message.isInterrupted
                switch message.content {
                case .object(let body):
                    bodies.append(body)
                    if !dump { return bodies }
                case .done(let errno):
                    if let errno { throw NetlinkError(operation, errno) }
                    return isConsistent ? bodies : nil
                case .acknowledgement(let errno, let text):
                    if let errno { throw NetlinkError(operation, errno, kernelMessage: text) }
                    return bodies
                }
            }
        }
    }

    func send(_ bytes: [UInt8], for operation: String) throws(NetlinkError) {
        let fd = descriptor.rawValue
        do throws(SystemError) {
            try systemCall(operation) {
                unsafe bytes.withUnsafeBytes {
                    unsafe Int32(truncatingIfNeeded: Glibc.send(fd, $0.baseAddress, $0.count, 0))
                }
            }
        } catch {
            throw NetlinkError(operation, error.errno)
        }
    }

    func receive(for operation: String) throws(NetlinkError) -> [UInt8] {
        do throws(SystemError) {
            // The kernel fills at most 32 KiB of a reader's buffer in a dump (netlink_recvmsg).
            return try descriptor.read(upTo: 1 << 16)
        } catch {
            throw NetlinkError(operation, error.errno)
        }
    }
}
