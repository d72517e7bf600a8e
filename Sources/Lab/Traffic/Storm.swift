import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem
package import NetworkTypes

/// A flood of UDP packets, each from another source port, so that each is a flow of its own.
package struct Storm: Sendable, Hashable {
    package var source: IPAddress
    package var target: IPAddress
    package var port: UInt16
    /// Packets a second.
    package var rate: Int
    package var seconds: Double

    package init(from source: IPAddress, to target: IPAddress, _ port: UInt16, rate: Int, seconds: Double) {
        self.source = source
        self.target = target
        self.port = port
        self.rate = rate
        self.seconds = seconds
    }

    /// What was sent.
    package struct Report: Sendable, Hashable, Codable {
        package var packets: Int
        package var seconds: Double
    }

    static let burst = 256

    /// Sends, held to the rate; a kernel that takes fewer packets is not waited for beyond the seconds.
    ///
    /// - Parameter stop: a descriptor that becomes readable when the storm is to end early.
    /// - Throws: `SystemError` without the right to open raw sockets.
    func run(stop: Int32) throws -> Report {
        guard source.family == target.family else { throw LabError("\(source) cannot send to \(target)") }
        let family: Int32 = target.family == .ipv4 ? 4 : 6
        let fd = FileDescriptor(
            adopting: try systemCall("open a raw socket") { fairway_raw_packet_socket(family) })
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        var sent = 0
        var sourcePort: UInt16 = 1024
        while true {
            let now = ContinuousClock.now
            if now >= end || Deadline(.zero).poll(stop, POLLIN) { break }
            let elapsed = Self.seconds(now - start)
            guard Double(sent) < elapsed * Double(rate) else {
                usleep(200)
                continue
            }
            let count = unsafe fairway_udp_burst(
                fd.rawValue, family, source.bytes, target.bytes, port, sourcePort, Int32(Self.burst))
            if count < 0 {
                let errno = Errno.current
                // A refused packet reports EPERM or ECONNREFUSED to the next send; a full queue ENOBUFS.
                let passing: [Errno] = [.noBufferSpace, .notPermitted, .interrupted, .wouldBlock]
                guard passing.contains(errno) || errno.rawValue == ECONNREFUSED else {
                    throw SystemError("send to \(target)", errno)
                }
                continue
            }
            sent += Int(count)
            let next = Int(sourcePort) + Int(count)
            sourcePort = UInt16(next > 65535 ? next - 65535 + 1023 : next)
        }
        return Report(packets: sent, seconds: Self.seconds(ContinuousClock.now - start))
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
