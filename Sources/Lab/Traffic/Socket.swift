import CLinux
import Glibc
import LinuxSystem
import NetworkTypes

/// A non-blocking TCP or UDP socket.
struct Socket: ~Copyable {
    let descriptor: FileDescriptor

    var fd: Int32 { descriptor.rawValue }

    init(adopting fd: Int32) { descriptor = FileDescriptor(adopting: fd) }

    init(_ family: IPFamily, _ proto: TransportProtocol) throws(SystemError) {
        let type = proto == .udp ? Int32(SOCK_DGRAM.rawValue) : Int32(SOCK_STREAM.rawValue)
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = FileDescriptor(
            adopting: try systemCall("open a socket") {
                socket(family == .ipv4 ? AF_INET : AF_INET6, type | flags, 0)
            })
        if family == .ipv6 { set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    }

    borrowing func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(fd, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Makes `close` send a reset: neither end is left in TIME_WAIT, so ports are free again at once.
    borrowing func resetOnClose() {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    borrowing func bind(_ address: IPAddress, _ port: UInt16) throws(SystemError) {
        set(SOL_SOCKET, SO_REUSEADDR, 1)
        let fd = self.fd
        try systemCall("bind \(address) port \(port)") {
            unsafe SocketAddress(address, port).withPointer { unsafe Glibc.bind(fd, $0, $1) }
        }
    }

    /// Starts connecting; `EINPROGRESS` is success.
    borrowing func connect(_ address: IPAddress, _ port: UInt16) throws(SystemError) {
        let fd = self.fd
        let result = unsafe SocketAddress(address, port).withPointer { unsafe Glibc.connect(fd, $0, $1) }
        let errno = Errno.current
        if result < 0 && errno.rawValue != EINPROGRESS { throw SystemError("connect to \(address)", errno) }
    }

    borrowing func send(_ bytes: [UInt8]) -> Errno? {
        let result = unsafe Glibc.send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return result < 0 ? Errno.current : nil
    }

    /// Gives the socket away as a number, for code that keeps thousands by their number.
    consuming func release() -> Int32 { descriptor.release() }
}

/// An address and a port as the socket calls take them.
struct SocketAddress {
    let address: IPAddress
    let port: UInt16

    init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Hands a `sockaddr` to a call and takes back whatever the call returned.
    func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        switch address {
        case .v4(let v4):
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            raw.sin_addr.s_addr = v4.value.bigEndian
            return unsafe Self.call(&raw, body)
        case .v6(let v6):
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &raw.sin6_addr) { unsafe $0.copyBytes(from: v6.bytes) }
            return unsafe Self.call(&raw, body)
        }
    }

    private static func call<Raw>(_ raw: inout Raw, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        unsafe withUnsafePointer(to: &raw) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<Raw>.size))
            }
        }
    }

    /// Lets a call fill in a peer's address.
    ///
    /// - Returns: what the call returned, and the address where it is IPv4 or IPv6.
    static func filled(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int) -> (
        Int, SocketAddress?
    ) {
        var raw = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = unsafe withUnsafeMutablePointer(to: &raw) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, &size) }
        }
        // Family, port and IPv4 address lie at the same offsets in both structures: <netinet/in.h>.
        let bytes = unsafe withUnsafeBytes(of: &raw) { unsafe Array($0) }
        let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        switch Int32(raw.sin6_family) {
        case AF_INET: return (result, IPAddress(bytes: bytes[4..<8]).map { SocketAddress($0, port) })
        case AF_INET6: return (result, IPAddress(bytes: bytes[8..<24]).map { SocketAddress($0, port) })
        default: return (result, nil)
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    var description: String { address.description(port: port) }

    /// Parses the form that `description` has.
    init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard let address = IPAddress(host) else { return nil }
        self.init(address, port)
    }
}
