import CNL
import Glibc
import LinuxSystem

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
        try subscribe(Int32(RTNLGRP_IPV6_IFADDR.rawValue), for: operation)
        while true {
            let addresses = try addresses(ofLink: link)
            if let failed = addresses.first(where: { $0.detection == .failed }) {
                throw NetlinkError("\(operation): \(failed.address) is another interface's", .addressInUse)
            }
            guard addresses.contains(where: { $0.detection == .underWay }) else { return true }
            let now = MonotonicClock.now
            guard now < end, try awaitMessage(milliseconds: Int32((end - now) / 1_000_000) + 1, for: operation) else {
                return false
            }
            _ = try receive(for: operation)
        }
    }

    private func subscribe(_ group: Int32, for operation: String) throws(NetlinkError) {
        var group = group
        let fd = descriptor.rawValue
        do throws(SystemError) {
            try systemCall(operation) {
                unsafe setsockopt(
                    fd, SOL_NETLINK, Int32(NETLINK_ADD_MEMBERSHIP), &group, socklen_t(MemoryLayout<Int32>.size))
            }
        } catch {
            throw NetlinkError(operation, error.errno)
        }
    }

    /// - Returns: whether there is a message to receive.
    private func awaitMessage(milliseconds: Int32, for operation: String) throws(NetlinkError) -> Bool {
        var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        do throws(SystemError) {
            return try systemCall(operation) { unsafe poll(&entry, 1, milliseconds) } > 0
        } catch {
            throw NetlinkError(operation, error.errno)
        }
    }
}
