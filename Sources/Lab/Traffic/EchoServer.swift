import CLinux
import Glibc
import LinuxSystem
import NetworkTypes

/// A server that answers every connection and every datagram with one line: its own name and the client it saw.
///
/// It speaks first on TCP, so that a client's single read is the whole exchange, and closes its sending side; the
/// client ends the connection. One thread, both families, thousands of connections a second.
final class EchoServer {
    /// What the server prints once it listens.
    static let readyLine = "listening"

    private let name: String
    private var queue: EventQueue
    private var listeners: [Int32: TransportProtocol] = [:]

    init(name: String, tcp: [UInt16], udp: [UInt16]) throws {
        self.name = name
        queue = try EventQueue()
        for (proto, ports) in [(TransportProtocol.tcp, tcp), (.udp, udp)] {
            for port in ports {
                for family in IPFamily.allCases { try listen(family, proto, port) }
            }
        }
    }

    private func listen(_ family: IPFamily, _ proto: TransportProtocol, _ port: UInt16) throws {
        let socket = try Socket(family, proto)
        try socket.bind(IPAddress(family: family, value: 0), port)
        if proto == .tcp {
            let fd = socket.fd
            try systemCall("listen on port \(port)") { Glibc.listen(fd, 4096) }
        } else {
            // Bound to any address, the kernel chooses where an answer comes from: right for a pod, which has one
            // address per family.
            socket.set(SOL_SOCKET, SO_RCVBUF, 4 << 20)
        }
        let fd = socket.release()
        listeners[fd] = proto
        try queue.add(fd, EventQueue.readable)
    }

    /// Serves until the process ends.
    func run() {
        while true {
            for fd in queue.wait(milliseconds: -1) {
                switch listeners[fd] {
                case .tcp: acceptAll(fd)
                case .some: answerAll(fd)
                case nil: drain(fd)
                }
            }
        }
    }

    private func acceptAll(_ listener: Int32) {
        while true {
            let (fd, client) = unsafe SocketAddress.filled {
                unsafe Int(fairway_accept(listener, $0, $1))
            }
            guard fd >= 0, let client else { return }
            let socket = Int32(fd)
            let line = answer(to: client)
            _ = unsafe send(socket, line, line.count, Int32(MSG_NOSIGNAL))
            shutdown(socket, Int32(SHUT_WR))
            do {
                try queue.add(socket, EventQueue.readable)
            } catch {
                close(socket)
            }
        }
    }

    private func answerAll(_ listener: Int32) {
        // Bounded, so that a flood of datagrams cannot starve the connections.
        for _ in 0..<256 {
            var buffer = [UInt8](repeating: 0, count: 512)
            let (count, client) = unsafe SocketAddress.filled {
                unsafe recvfrom(listener, &buffer, buffer.count, 0, $0, $1)
            }
            guard count >= 0, let client else { return }
            let line = answer(to: client)
            _ = unsafe client.withPointer { address, size in
                unsafe Int32(truncatingIfNeeded: sendto(listener, line, line.count, 0, address, size))
            }
        }
    }

    private func drain(_ fd: Int32) {
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = unsafe recv(fd, &buffer, buffer.count, 0)
            if count > 0 { continue }
            if count == 0 || Errno.current != .wouldBlock { close(fd) }
            return
        }
    }

    private func answer(to client: SocketAddress) -> [UInt8] { Array("\(name) \(client)\n".utf8) }
}
