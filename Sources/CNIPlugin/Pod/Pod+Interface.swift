import AttachPlan
import Attachments
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink

extension Pod {
    /// How long duplicate address detection may take.
    private static let detectionLimit = 10.0

    /// Raises the pod's end before it has addresses, for the address plugin that speaks through it.
    ///
    /// - Parameter hostLink: the pair's other end.
    mutating func start(_ plan: AddPlan, hostLink: Link, home: borrowing NetworkNamespace) throws(CNIError) {
        let index = try Self.end(of: hostLink)
        let name = plan.attachment.interfaceName
        try system(.prepare(interface: name, needsIPv6: false)) { () throws(SystemError) in
            try namespace.run(returningTo: home) { () throws(SystemError) in
                let path = "net/ipv6/conf/\(name)/accept_ra"
                if Sysctl.exists(path) { try Self.write(path, "0") }
            }
        }
        let outcomes = try kernel { () throws(NetlinkError) in try socket.execute(plan.startRequests(link: index)) }
        if let failure = outcomes.compactMap(\.self).first { throw CNIError(failure) }
    }

    /// Gives the pod's end its addresses and routes; raises and shapes it where `start` has not done so.
    ///
    /// - Parameter hostLink: the pair's other end.
    /// - Returns: the routes that were added: one that the pod has already, with the same gateway and link, stays as it is.
    mutating func configure(_ plan: AddPlan, hostLink: Link, home: borrowing NetworkNamespace) throws(CNIError)
        -> [RouteConfiguration]
    {
        let index = try Self.end(of: hostLink)
        try writeSwitches(plan, home: home)
        let start = plan.configuration.addressSource.needsInterface ? [] : plan.startRequests(link: index)
        let requests = start + plan.addressRequests(link: index)
        let routes = plan.routeRequests(link: index)
        let outcomes = try kernel { () throws(NetlinkError) in try socket.execute(requests + routes) }
        if let failure = outcomes.prefix(requests.count).compactMap(\.self).first { throw CNIError(failure) }
        let routeOutcomes = outcomes.dropFirst(requests.count)
        if let failure = routeOutcomes.compactMap(\.self).first(where: { $0.errno != .exists }) {
            throw CNIError(failure)
        }
        if plan.configuration.detectsDuplicateAddresses, plan.hasIPv6 { try awaitDetection(link: index) }
        return zip(plan.routes, routeOutcomes).compactMap { $1 == nil ? $0 : nil }
    }

    /// The number of the pod's end.
    static func end(of hostLink: Link) throws(CNIError) -> Int32 {
        guard let index = hostLink.peer else {
            throw CNIError(.kernel, "link \(hostLink.name) has no other end", details: "another program changes it")
        }
        return index
    }

    /// Sets the interface's kernel parameters, before it goes up.
    private func writeSwitches(_ plan: AddPlan, home: borrowing NetworkNamespace) throws(CNIError) {
        let switches = plan.podSwitches
        guard plan.hasIPv6 || !switches.isEmpty else { return }
        let name = plan.attachment.interfaceName
        try system(.prepare(interface: name, needsIPv6: plan.hasIPv6)) { () throws(SystemError) in
            try namespace.run(returningTo: home) { () throws(SystemError) in
                // Read first: writing takes the kernel's lock over all links. Usually it is on.
                if plan.hasIPv6 { try Sysctl.set("net/ipv6/conf/\(name)/disable_ipv6", to: "0") }
                for (path, value) in switches { try Self.write(path, value) }
            }
        }
    }

    /// Sets a switch that a pod can do without where nobody may write it.
    private static func write(_ path: String, _ value: String) throws(SystemError) {
        do throws(SystemError) {
            try Sysctl.set(path, to: value)
        } catch {
            guard error.errno == .readOnlyFileSystem else { throw error }
            try? StandardStream.error.write("fairway: \(path) stays as it is in the pod: \(error)\n")
        }
    }

    /// Waits until no address of a link is tentative any more.
    private mutating func awaitDetection(link: Int32) throws(CNIError) {
        let isDone = try kernel { () throws(NetlinkError) in
            try socket.awaitDetection(ofLink: link, seconds: Self.detectionLimit)
        }
        guard isDone else {
            throw CNIError(
                .kernel, "duplicate address detection takes longer than \(Int(Self.detectionLimit)) s",
                details: "set enabledad to false to use addresses at once")
        }
    }
}
