import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink

extension Host {
    /// An address that makes the bridge one with an IPv4 address, for the node alone.
    private static let nodesOwn = CIDR(.v4(IPv4Address(value: 0x7f56_4c4e)), prefixLength: 32)

    /// Lets packets of pods in a VLAN pass the test of their source (`rp_filter`), where it is on.
    ///
    /// What a host port or Service leads elsewhere is routed as if it came from the bridge, while the route back leads
    /// through the VLAN's device: the strict test drops it. The loose one asks for any route, but of a device without an
    /// IPv4 address the kernel makes it a strict one (`fib_validate_source`).
    mutating func relaxReversePath(of bridge: Link) throws(CNIError) {
        let paths = ["all", bridge.name].map { "net/ipv4/conf/\($0)/rp_filter" }
        // The greater of both counts.
        guard let filter = paths.compactMap({ try? Sysctl.read($0) }).max(), filter != "0" else { return }
        if filter == "1" {
            try system(.relax(bridge.name)) { () throws(SystemError) in try Sysctl.set(paths[1], to: "2") }
        }
        guard let address = Self.nodesOwn,
            !(try kernel { () throws(NetlinkError) in try socket.addresses(ofLink: bridge.index) })
                .contains(where: { $0.address.family == .ipv4 })
        else { return }
        var own = LinkAddress(link: bridge.index, address: address)
        own.isHostOnly = true
        do throws(NetlinkError) {
            try socket.execute(.addAddress(own))
        } catch {
            guard error.errno == .exists else { throw CNIError(error) }
        }
    }
}
