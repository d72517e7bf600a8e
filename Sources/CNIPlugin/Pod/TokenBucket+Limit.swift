package import CNIProtocol
package import RouteNetlink

extension TokenBucket {
    /// The kernel's shaper for a limit of the `bandwidth` keys.
    ///
    /// Runtimes send bursts of half a gigabyte, with which a limit bites after half a gigabyte only. So a burst is at
    /// most what passes in 100 ms, but always let be as long as a whole GSO packet of 64 KiB; and it is at least one
    /// full frame, because a longer frame than the burst never passes. As with upstream, 25 ms of the rate may wait
    /// besides one burst.
    ///
    /// - Parameter mtu: the link's; nil for the kernel's 1500.
    package init(_ limit: BandwidthLimits.Limit, mtu: Int?) {
        let rate = limit.bytesPerSecond
        // An Ethernet header with a VLAN tag.
        let frame = UInt64(clamping: (mtu ?? 1500) + 18)
        let burst = max(min(limit.burst / 8, max(rate / 10, 65_536)), frame)
        self.init(
            bytesPerSecond: rate, burst: UInt32(clamping: burst), limit: UInt32(clamping: (rate / 40) &+ burst))
    }
}
