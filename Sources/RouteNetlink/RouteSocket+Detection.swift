import CNL
import Glibc
package import LinuxSystem

extension RouteSocket {
    /// Waits until the kernel has finished duplicate address detection for every address of a link.
    ///
    /// - Parameter seconds: how long at most.
    /// - Returns: whether it has.
    /// - Throws: `EADDRINUSE` when another interface has one of the addresses.
    package mutating func awaitDetection(ofLink link: Int32, seconds: Double) throws(NetlinkError) -> Bool {
        let operation = "await duplicate address detection on link \(link)"
        let end = MonotonicClock.now + UInt64(seconds * 1e9)
        // Before the first look: what changes after it is then announced.
        do throws(SystemError) {
            try socket.join(Int32(RTNLGRP_IPV6_IFADDR.rawValue))
        } catch {
            throw NetlinkError(operation, error.errno)
        }
        while true {
            let addresses = try addresses(ofLink: link)
            if let failed = addresses.first(where: { $0.detection == .failed }) {
                throw NetlinkError("\(operation): \(failed.address) is another interface's", .addressInUse)
            }
            guard addresses.contains(where: { $0.detection == .underWay }) else { return true }
            let now = MonotonicClock.now
            guard now < end else { return false }
            do throws(Errno) {
                if try isReady(milliseconds: min(Int32((end - now) / 1_000_000) + 1, Self.longestWait)) {
                    _ = try socket.receive()
                }
            } catch {
                throw NetlinkError(operation, error)
            }
        }
    }

    /// Milliseconds until the addresses are looked at again although nothing was said.
    ///
    /// An announcement that comes between the parts of a listing is read with it and is no part of it; where it is the last
    /// one, as when two addresses get ready in one moment, nobody would hear of it again.
    private static var longestWait: Int32 { 50 }

    /// Waits for a message; false when the time is over first.
    private func isReady(milliseconds: Int32) throws(Errno) -> Bool {
        var entry = pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0)
        while true {
            let count = unsafe poll(&entry, 1, milliseconds)
            if count >= 0 { return count > 0 }
            let errno = Errno.current
            if errno != .interrupted { throw errno }
        }
    }
}
