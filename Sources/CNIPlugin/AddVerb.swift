import AttachmentStore
import CNIProtocol
import Glibc
import HostIPAM
import LinuxSystem
import NetworkTypes
import PodRuleset
import RouteNetlink

/// ADD: gives the container its interface.
///
/// The lease is recorded before the kernel is touched, so that DEL or GC can clean up after a kill at any point; a
/// failure takes back what this execution made, and nothing else.
struct AddVerb: ~Copyable {
    private let configuration: PluginConfiguration
    private let environment: PluginEnvironment
    private let identity: AttachmentIdentity
    private let addresses: PodAddresses
    private let rules: NodeRules
    /// What the plugin before this one in the list answered.
    private let previous: AddResult?
    private var host: Host
    private var pod: Pod
    private var hasMadePair = false
    private var hasRecord = false
    private var newBridge: Link?

    init(_ network: NetworkConfiguration, _ environment: PluginEnvironment, _ personality: Personality) throws(CNIError)
    {
        let configuration = try PluginConfiguration(network, personality, arguments: environment.arguments)
        let previous = try network.previousResult()
        let identity = AttachmentIdentity(network, environment)
        guard identity.alias.utf8.count <= AttachmentIdentity.aliasLimit else {
            throw CNIError(
                .invalidConfiguration, "the network name and the container id are too long together",
                details: "the link's alias \"\(identity.alias)\" has over \(AttachmentIdentity.aliasLimit) bytes")
        }
        let host = try Host()
        let rules = try NodeRules()
        pod = try Pod(environment, host: host)
        self.host = host
        self.rules = rules
        self.previous = previous
        self.configuration = configuration
        addresses = PodAddresses(configuration, identity)
        self.environment = environment
        self.identity = identity
    }

    mutating func run() throws(CNIError) -> AddResult {
        try refuseExisting()
        let allocation = try addresses.take()
        do throws(CNIError) {
            let plan = AddPlan(configuration, identity: identity, allocation: allocation)
            // Host ports lead nowhere until the pod is there, but what is recorded here is found after a kill.
            try rules.add(AttachmentRecord(plan.rules, dataDirectory: addresses.dataDirectory))
            hasRecord = true
            let bridge = try attach(plan)
            let (interface, routes) = try configurePod(plan)
            try StaleFlows.clear(reaching: plan.rules)
            warn(about: plan.skippedRoutes)
            warnAboutNetfilter()
            return plan.result(
                bridge: bridge, interface: interface, routes: routes, sandbox: environment.namespacePath,
                dns: configuration.dns ?? allocation.dns
            ).following(previous)
        } catch {
            throw takeBack(allocation, after: error)
        }
    }

    /// Takes back all that this execution made, as far as it came.
    ///
    /// - Returns: the failure, with what could not be taken back in its details.
    private mutating func takeBack(_ allocation: Allocation, after failure: CNIError) -> CNIError {
        do throws(CNIError) {
            let keys = hasRecord || failure.code != .hostPortTaken ? [identity.key()] : []
            _ = try rules.withdraw(keys)
            if hasMadePair { try host.removeLink(of: identity) }
            // Only now: an address that is free must not be in use.
            try addresses.giveBack(allocation)
            try rules.forget(keys)
            if let newBridge { try host.removeUnusedBridge(newBridge) }
            return failure
        } catch {
            let details = [failure.details, "taking it back failed too (\(error)); DEL will try again"]
            return CNIError(failure.code, failure.message, details: details.joined(separator: "; "))
        }
    }

    /// Fails before anything is changed when the host's or the pod's end exists.
    private mutating func refuseExisting() throws(CNIError) {
        let hostLink = identity.hostLinkName
        if let link = try kernel({ () throws(NetlinkError) in try host.socket.link(named: hostLink) }) {
            throw CNIError(
                .alreadyAttached,
                "container \(environment.containerID) already has interface \(environment.interfaceName) in network \(identity.network)",
                details: "its host end \(hostLink) exists (alias \"\(link.alias)\"): run DEL first")
        }
        let name = environment.interfaceName
        if try kernel({ () throws(NetlinkError) in try pod.socket.link(named: name) }) != nil {
            throw CNIError(
                .alreadyAttached, "interface \(name) already exists in \(environment.namespacePath)",
                details: "another network or plugin made it: choose another CNI_IFNAME or remove it")
        }
    }

    /// Makes the pair on the bridge.
    ///
    /// The shared lock keeps a failing ADD elsewhere from removing the bridge it has just made under this pair.
    private mutating func attach(_ plan: AddPlan) throws(CNIError) -> Link {
        try host.lockBridges(.shared)
        let bridge = try host.ensureBridge(plan)
        if bridge.isNew { newBridge = bridge.link }
        let requests = plan.hostRequests(bridge: bridge.link.index, peerNamespace: pod.namespace.rawValue)
        let outcomes = try kernel { () throws(NetlinkError) in try host.socket.execute(requests) }
        // The kernel goes on after a failure: only a pair that this batch made may be taken back.
        hasMadePair = outcomes.first.flatMap(\.self) == nil
        if let failure = outcomes.compactMap(\.self).first { throw CNIError(failure) }
        return bridge.link
    }

    /// Gives the pod's end its addresses and routes.
    ///
    /// - Returns: the interface, and the routes that were added: one that the pod has already from another network
    ///   stays as it is, as upstream has it.
    private mutating func configurePod(_ plan: AddPlan) throws(CNIError) -> (Link, [RouteConfiguration]) {
        let name = environment.interfaceName
        guard let interface = try kernel({ () throws(NetlinkError) in try pod.socket.link(named: name) }) else {
            throw CNIError(.kernel, "interface \(name) vanished from \(environment.namespacePath)")
        }
        if plan.hasIPv6 { try prepareIPv6(name) }
        let requests = plan.podRequests(link: interface.index)
        let routes = plan.routeRequests(link: interface.index)
        let outcomes = try kernel { () throws(NetlinkError) in try pod.socket.execute(requests + routes) }
        if let failure = outcomes.prefix(requests.count).compactMap(\.self).first { throw CNIError(failure) }
        let routeOutcomes = outcomes.dropFirst(requests.count)
        if let failure = routeOutcomes.compactMap(\.self).first(where: { $0.errno != .exists }) {
            throw CNIError(failure)
        }
        return (interface, zip(plan.routes, routeOutcomes).compactMap { $1 == nil ? $0 : nil })
    }

    /// Turns IPv6 on for the interface where the namespace has it off by default, and router advertisements off.
    private func prepareIPv6(_ name: String) throws(CNIError) {
        do throws(SystemError) {
            try pod.namespace.run(returningTo: host.namespace) { () throws(SystemError) in
                try Sysctl.set("net/ipv6/conf/\(name)/disable_ipv6", to: "0")
                try Sysctl.set("net/ipv6/conf/\(name)/accept_ra", to: "0")
                try Sysctl.set("net/ipv6/conf/\(name)/keep_addr_on_down", to: "1")
            }
        } catch {
            throw CNIError(
                .kernel, "cannot prepare IPv6 on \(name)",
                details: "\(error): an IPv6 range needs a kernel with IPv6 turned on")
        }
    }

    private func warn(about routes: [RouteConfiguration]) {
        for route in routes {
            let destination = route.destination
            try? StandardStream.error.write(
                "fairway: no route to \(destination): the pod has no address of its family; give ipam.ranges one\n")
        }
    }

    /// Says in the log what STATUS fails with: the pod has its network, but not every Service.
    private func warnAboutNetfilter() {
        guard configuration.requiresBridgeNetfilter, !BridgeNetfilter.isPresent else { return }
        try? StandardStream.error.write("fairway: \(BridgeNetfilter.complaint); \(BridgeNetfilter.cure)\n")
    }
}
