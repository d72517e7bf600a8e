import Glibc
import LinuxSystem
import NetworkTypes
import TestSupport

/// A UDP socket of IPv4 in a namespace.
final class UDPSocket: Sendable {
    private let descriptor: FileDescriptor

    init(in namespace: NetNS, _ address: String, _ port: UInt16) throws {
        descriptor = try namespace.perform { () throws(SystemError) in
            let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = FileDescriptor(adopting: try systemCall("socket") { socket(AF_INET, type, 0) })
            let fd = descriptor.rawValue
            try systemCall("bind \(address)") {
                unsafe Self.withAddress(address, port) {
                    unsafe bind(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return descriptor
        }
    }

    func send(to address: String, _ port: UInt16) throws {
        let fd = descriptor.rawValue
        try systemCall("send to \(address)") {
            unsafe Self.withAddress(address, port) {
                unsafe Int32(sendto(fd, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)))
            }
        }
    }

    /// Whether a packet waits, which is taken.
    ///
    /// On loopback a packet has arrived when its `send` returns.
    func takesPacket() -> Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor.rawValue, &byte, 1, Int32(MSG_DONTWAIT)) == 1
    }

    private static func withAddress(
        _ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (IPv4Address(text)?.value ?? 0).bigEndian
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }
}
