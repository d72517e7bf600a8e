import Attachments
import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// The binary as the `loopback` plugin, which containerd executes for each pod beside the pod's network.
enum Loopback: NamedPlugin {
    /// The interface is always this one: what CNI_IFNAME says makes no difference, as upstream.
    private static let name = "lo"

    /// Sets the interface up, and with that the kernel gives it its addresses.
    static func add(_ execution: Execution) throws(CNIError) -> AddResult {
        let previous = try execution.network.previousResult()
        let host = try Host()
        var pod = try Pod(execution.environment, host: host)
        // As for the pod's other interfaces; where there is no IPv6, or nobody may write, `lo` has IPv4 alone.
        try? pod.namespace.run(returningTo: host.namespace) { () throws(SystemError) in
            try Sysctl.set("net/ipv6/conf/\(name)/disable_ipv6", to: "0")
        }
        try kernel { () throws(NetlinkError) in
            try pod.socket.execute(.changeLink(.name(name), LinkChange(isUp: true)))
        }
        if let previous { return previous }
        let addresses = try kernel { () throws(NetlinkError) in
            guard let link = try pod.socket.link(named: name) else { return [CIDR]() }
            return try pod.socket.addresses(ofLink: link.index).map(\.address).filter(\.address.isLoopback)
        }
        let firstOfEach = [IPFamily.ipv4, .ipv6].compactMap { family in addresses.first { $0.family == family } }
        return AddResult(
            interfaces: [
                AddResult.Interface(name: name, mac: MACAddress(value: 0), sandbox: execution.environment.namespacePath)
            ],
            addresses: firstOfEach.map { AddResult.Address(interface: 0, address: $0) })
    }

    static func check(_ execution: Execution) throws(CNIError) {
        let host = try Host()
        var pod = try Pod(execution.environment, host: host)
        let link = try kernel { () throws(NetlinkError) in try pod.socket.link(named: name) }
        guard let link, link.isUp else {
            throw CNIError(
                .drifted, "interface \(name) of container \(execution.attachment.containerID) has drifted",
                details: "it is down in \(execution.environment.namespacePath)")
        }
    }

    /// Sets the interface down where there is still a namespace that holds it.
    ///
    /// A path that leads nowhere, or by now to the plugin's own namespace, is no failure: the node's own loopback must
    /// not go down because a process number was given out again.
    static func del(_ execution: Execution) throws(CNIError) {
        let host = try Host()
        var pod: Pod
        do throws(CNIError) {
            pod = try Pod(execution.environment, host: host)
        } catch {
            return
        }
        try kernel { () throws(NetlinkError) in
            try pod.socket.execute(.changeLink(.name(name), LinkChange(isUp: false)))
        }
    }
}
