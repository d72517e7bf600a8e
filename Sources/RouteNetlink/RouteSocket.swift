import CNL
package import LinuxSystem

/// A route netlink socket: it acts on the network namespace that it was opened in, wherever it is used.
///
/// Every exchange ends before its call returns: a request is acted on by the kernel inside `sendmsg`.
package struct RouteSocket: ~Copyable {
    let socket: NetlinkSocket
    var sequence: UInt32 = 0

    /// How often a dump that the kernel marked as inconsistent is asked for again.
    private static let dumpAttempts = 16

    /// Opens a socket in the calling thread's namespace, with extended acknowledgements and strict checking.
    package init() throws(SystemError) { socket = try NetlinkSocket(.route) }

    /// Asks for one object.
    ///
    /// - Parameters:
    ///   - flags: `NLM_F_ACK` where the kernel does not answer without.
    ///   - build: appends the family header and the attributes of the request.
    ///   - read: makes a value of the body of an answer.
    mutating func ask<Value>(
        _ operation: @autoclosure () -> String, type: Int, flags: Int32 = 0, build: (inout NetlinkMessage) -> Void,
        read: (ArraySlice<UInt8>) -> Value?
    ) throws(NetlinkError) -> [Value] {
        let request = try question(type, flags: flags, operation(), build)
        var values: [Value] = []
        unsafe try socket.ask(
            request.span.bytes, sequence: sequence, isAcknowledged: flags & (NLM_F_DUMP | NLM_F_ACK) != 0, operation()
        ) { _, body in
            if let value = read(body) { values.append(value) }
        }
        return values
    }

    /// Asks for all objects of a kind, again when a change interrupted the kernel.
    mutating func list<Value>(
        _ operation: @autoclosure () -> String, type: Int, build: (inout NetlinkMessage) -> Void,
        read: (ArraySlice<UInt8>) -> Value?
    ) throws(NetlinkError) -> [Value] {
        for _ in 1..<Self.dumpAttempts {
            do throws(NetlinkError) {
                return try ask(operation(), type: type, flags: NLM_F_DUMP, build: build, read: read)
            } catch {
                guard error.errno == .interrupted else { throw error }
            }
        }
        return try ask(operation(), type: type, flags: NLM_F_DUMP, build: build, read: read)
    }

    /// A question as a message of its own, under the next number.
    mutating func question(
        _ type: Int, flags: Int32 = 0, _ operation: @autoclosure () -> String,
        _ build: (inout NetlinkMessage) -> Void
    ) throws(NetlinkError) -> [UInt8] {
        sequence = sequence &+ 1
        guard var message = NetlinkMessage(type: type, flags: flags, sequence: sequence) else {
            throw NetlinkError(operation(), .outOfMemory)
        }
        build(&message)
        guard !message.isOverfull else { throw NetlinkError(operation(), .messageTooLong) }
        return message.bytes
    }
}
