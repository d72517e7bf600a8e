import AttachPlan
import CNIProtocol
import LinuxSystem
import RouteNetlink

/// The switches of a link, below `/proc/sys`, with which the kernel announces its addresses, by ARP and by neighbour
/// advertisements, when it is given a MAC address, be it the same.
func announcingSwitches(of link: String, withIPv6: Bool) -> [(path: String, value: String)] {
    [("net/ipv4/conf/\(link)/arp_notify", "1")] + (withIPv6 ? [("net/ipv6/conf/\(link)/ndisc_notify", "1")] : [])
}

extension Pod {
    /// Tells the neighbours by which MAC address the pod's addresses are reached now, with `announcingSwitches` set.
    ///
    /// - Parameter hostLink: the pair's other end, which must have its carrier.
    mutating func announce(_ plan: AddPlan, hostLink: Link) throws(CNIError) {
        let request = RouteRequest.changeLink(
            .index(try Self.end(of: hostLink)), LinkChange(mac: plan.interfaceMAC))
        try kernel { () throws(NetlinkError) in try socket.execute(request) }
    }
}

extension Host {
    /// In milliseconds.
    private static let carrierLimit = 200

    /// Waits until the bridge takes a new pair's frames.
    ///
    /// The kernel learns in a work queue that the pod's end is up, and until then the port drops what comes. An
    /// announcement is worth no more than `carrierLimit`.
    mutating func awaitCarrier(of hostLink: Link) throws(CNIError) {
        for _ in 0..<Self.carrierLimit {
            let link = try kernel { () throws(NetlinkError) in try socket.link(at: hostLink.index) }
            if link?.isRunning == true { return }
            Pause.milliseconds(1)
        }
    }
}
