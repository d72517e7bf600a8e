import Glibc
import LinuxSystem
import TestSupport

/// A UDP socket that keeps its port, as a client that goes on with its flow.
final class UDPClient: Sendable {
    private let descriptor: FileDescriptor

    init(in namespace: NetNS, port: UInt16) throws {
        descriptor = try namespace.perform { () throws(SystemError) in
            let descriptor = FileDescriptor(
                adopting: try systemCall("socket") {
                    socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                })
            let fd = descriptor.rawValue
            try systemCall("bind") { unsafe withAddress("0.0.0.0", port) { unsafe bind(fd, $0, $1) } }
            var timeout = timeval(tv_sec: 0, tv_usec: 400_000)
            try systemCall("timeout") {
                unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            }
            return descriptor
        }
    }

    /// Sends a datagram.
    func send(_ address: String, _ port: UInt16) throws {
        let fd = descriptor.rawValue
        let hello = Array("hello".utf8)
        try systemCall("send to \(address)") {
            unsafe withAddress(address, port) { destination, length in
                unsafe Int32(truncatingIfNeeded: sendto(fd, hello, hello.count, 0, destination, length))
            }
        }
    }

    /// Sends a datagram; the first word of the answer, or nil when none comes in time.
    func ask(_ address: String, _ port: UInt16) throws -> String? {
        try send(address, port)
        guard let answer = try? descriptor.read(upTo: 1000) else { return nil }
        return String(decoding: answer, as: UTF8.self).split(separator: " ").first.map(String.init)
    }
}

private func withAddress(_ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32
{
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    unsafe inet_pton(AF_INET, text, &address.sin_addr)
    return unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

extension PluginNode {
    /// What conntrack remembers on the node, a line each, as far as it mentions a text.
    func flows(mentioning text: String) throws -> [String] {
        let lines = try namespace.perform { () throws(SystemError) in
            try FileDescriptor.open("/proc/thread-self/net/nf_conntrack", O_RDONLY).readToEnd()
        }
        return String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init).filter {
            $0.contains(text)
        }
    }

    /// The flows that a pod answers, but for those of TCP that have ended.
    func flows(to address: String) throws -> [String] {
        try flows(mentioning: "src=\(address) ").filter { $0.contains("udp") }
    }
}
