import CMNL
import CNFTNL
import Glibc
import LinuxSystem

/// The owner of a netlink socket to nf_tables.
///
/// A socket belongs to the network namespace of the thread that opened it, from whichever thread it is used later.
///
/// It may move between threads: it can't be copied, so one at a time uses it.
@safe struct Socket: ~Copyable, @unchecked Sendable {
    private let raw: OpaquePointer

    init() throws(NFTablesError) {
        guard let raw = unsafe mnl_socket_open2(NETLINK_NETFILTER, Int32(SOCK_CLOEXEC.rawValue)) else {
            throw NFTablesError("open netlink socket", .current)
        }
        guard unsafe mnl_socket_bind(raw, 0, 0) >= 0 else {
            let errno = Errno.current
            unsafe mnl_socket_close(raw)
            throw NFTablesError("bind netlink socket", errno)
        }
        unsafe self.raw = raw
        // Without them errors carry the failed request whole and no text.
        var on: Int32 = 1
        _ = unsafe mnl_socket_setsockopt(raw, NETLINK_CAP_ACK, &on, 4)
        _ = unsafe mnl_socket_setsockopt(raw, NETLINK_EXT_ACK, &on, 4)
    }

    deinit { unsafe mnl_socket_close(raw) }

    var descriptor: Int32 { unsafe mnl_socket_get_fd(raw) }

    /// Lets one message of so many bytes through, beyond `net.core.wmem_max`.
    func reserve(sendBuffer bytes: Int) {
        var size = Int32(clamping: bytes + (1 << 16))
        if unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, 4) != 0 {
            // A user namespace's root may go up to net.core.wmem_max only.
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, 4)
        }
    }

    func reserve(receiveBuffer bytes: Int) {
        var size = Int32(clamping: bytes)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4)
    }

    func send(_ bytes: UnsafeRawPointer, count: Int) throws(Errno) {
        guard unsafe mnl_socket_sendto(raw, bytes, count) >= 0 else { throw Errno.current }
    }

    /// Receives one datagram; nil when none waits and `wait` is false.
    func receive(into buffer: UnsafeMutableRawBufferPointer, wait: Bool) throws(Errno) -> Int? {
        while true {
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, wait ? 0 : Int32(MSG_DONTWAIT))
            if count >= 0 { return count }
            let errno = Errno.current
            if errno == .wouldBlock { return nil }
            if errno != .interrupted { throw errno }
        }
    }
}
