import AttachPlan
import AttachmentStore
import Attachments
import CNIProtocol
import HostIPAM
import LinuxSystem
import NetworkTypes
import RouteNetlink

/// ADD: gives the container its interface.
///
/// A lease of Fairway's own is recorded before the kernel is touched, so that DEL or GC can clean up after a kill at any
/// point; an address plugin is asked when the interface is there, whose name and alias lead DEL and GC to it. A failure
/// takes back what this execution made, and nothing else.
struct AddVerb: ~Copyable {
    private let execution: Execution
    private let configuration: PluginConfiguration
    private let addresses: PodAddresses
    private let attachments: NodeAttachments
    /// What the plugin before this one in the list answered.
    private let previous: AddResult?
    private var host: Host
    private var pod: Pod
    /// What this execution has made so far.
    private var allocation: Allocation?
    private var hasMadePair = false
    private var hasRecord = false
    private var newBridge: Link?

    init(_ execution: Execution) throws(CNIError) {
        let configuration = try execution.configuration()
        let previous = try execution.network.previousResult()
        let alias = execution.attachment.alias
        guard alias.utf8.count <= Attachment.aliasLimit else {
            throw CNIError(
                .invalidConfiguration, "the network name and the container id are too long together",
                details: "the link's alias \"\(alias)\" has over \(Attachment.aliasLimit) bytes")
        }
        let addresses = try PodAddresses(configuration, execution)
        let host = try Host()
        let attachments = try NodeAttachments()
        pod = try Pod(execution.environment, host: host)
        self.host = host
        self.attachments = attachments
        self.previous = previous
        self.configuration = configuration
        self.addresses = addresses
        self.execution = execution
    }

    mutating func run() throws(CNIError) -> AddResult {
        try refuseExisting()
        do throws(CNIError) {
            return try configuration.addressSource.needsInterface ? interfaceFirst() : addressesFirst()
        } catch {
            throw takeBack(after: error)
        }
    }

    private mutating func addressesFirst() throws(CNIError) -> AddResult {
        let plan = AddPlan(configuration, of: execution.attachment, allocation: try takeAddresses())
        // Host ports lead nowhere until the pod is there, but what is recorded here is found after a kill.
        let record = try self.record(plan)
        let (bridge, hostLink) = try attach(plan)
        return try finish(plan, record, bridge: bridge, hostLink: hostLink)
    }

    private mutating func interfaceFirst() throws(CNIError) -> AddResult {
        let start = AddPlan(configuration, of: execution.attachment, allocation: Allocation())
        let (bridge, hostLink) = try attach(start)
        try pod.start(start, hostLink: hostLink, home: host.namespace)
        let plan = AddPlan(configuration, of: execution.attachment, allocation: try takeAddresses())
        let record = try self.record(plan)
        try host.ensureGateway(plan, bridge: bridge)
        return try finish(plan, record, bridge: bridge, hostLink: hostLink)
    }

    private mutating func takeAddresses() throws(CNIError) -> Allocation {
        let allocation = try addresses.take()
        self.allocation = allocation
        try execution.network.version.requireRoom(for: allocation.assignments.map(\.address.family))
        return allocation
    }

    /// Records what the pod wants, and puts it in force.
    private mutating func record(_ plan: AddPlan) throws(CNIError) -> AttachmentRecord {
        let record = AttachmentRecord(
            plan.demand, dataDirectory: addresses.dataDirectory,
            loopbackLinks: plan.demand.onLoopback ? try attachments.ownLoopbackLinks(configuration.gatewayLinks) : [])
        try attachments.add(record, burying: &host)
        hasRecord = true
        return record
    }

    private mutating func finish(_ plan: AddPlan, _ record: AttachmentRecord, bridge: Link, hostLink: Link)
        throws(CNIError) -> AddResult
    {
        let routes = try pod.configure(plan, hostLink: hostLink, home: host.namespace)
        if plan.needsAnnouncement {
            try host.awaitCarrier(of: hostLink)
            try pod.announce(plan, hostLink: hostLink)
        }
        try LoopbackRouting.allow(record.loopbackLinks)
        try attachments.staleFlows.clear(reaching: plan.demand, host: &host)
        warn(about: plan.skippedRoutes)
        warnAboutNetfilter()
        return plan.result(
            bridge: AddResult.Interface(bridge), hostLink: AddResult.Interface(hostLink),
            gateway: try host.gateway(plan).map { AddResult.Interface($0) }, routes: routes,
            sandbox: execution.environment.namespacePath,
            dns: configuration.dns ?? allocation?.dns ?? DNSConfiguration()
        ).following(previous)
    }

    /// Takes back all that this execution made, as far as it came.
    ///
    /// - Returns: the failure, with what could not be taken back in its details.
    private mutating func takeBack(after failure: CNIError) -> CNIError {
        if !hasMadePair, isAttached { return failure }
        let keys = hasRecord ? [execution.key] : []
        var troubles: [CNIError] = []
        do throws(CNIError) { _ = try attachments.withdraw(keys) } catch { troubles.append(error) }
        if configuration.addressSource.needsInterface {
            do throws(CNIError) { try giveBack(troubles.isEmpty) } catch { troubles.append(error) }
        }
        do throws(CNIError) {
            if hasMadePair { try host.removeLink(of: execution.attachment) }
            // Only now: an address that is free must not be in use, and no rule may lead to its next pod.
            if !configuration.addressSource.needsInterface { try giveBack(troubles.isEmpty) }
            if let newBridge { try host.removeUnusedBridge(newBridge) }
            if troubles.isEmpty { try attachments.forget(keys) }
        } catch {
            troubles.append(error)
        }
        guard !troubles.isEmpty else { return failure }
        let words = troubles.map(\.description).joined(separator: "; ")
        let details = [failure.details, "taking it back failed too (\(words)); DEL will try again"]
        return CNIError(failure.code, failure.message, details: details.joined(separator: "; "))
    }

    private func giveBack(_ isUnused: Bool) throws(CNIError) {
        guard isUnused, let allocation else { return }
        try addresses.giveBack(allocation)
    }

    /// Another execution for the same attachment was faster: record, demand and addresses are that one's as well.
    private var isAttached: Bool {
        mutating get {
            guard let link = try? host.socket.link(named: execution.attachment.hostLinkName) else { return false }
            // It gets its alias a moment after its name.
            return link.alias == execution.attachment.alias || link.alias.isEmpty
        }
    }

    /// Fails before anything is leased when the host's end exists.
    private mutating func refuseExisting() throws(CNIError) {
        let hostLink = execution.attachment.hostLinkName
        if let link = try kernel({ () throws(NetlinkError) in try host.socket.link(named: hostLink) }) {
            throw execution.attachment.alreadyAttached(link)
        }
    }

    /// Makes the pair on the bridge.
    ///
    /// The shared lock keeps a failing ADD elsewhere from removing the bridge it has just made under this pair.
    private mutating func attach(_ plan: AddPlan) throws(CNIError) -> (bridge: Link, hostLink: Link) {
        try host.lockBridges(.shared)
        let bridge = try host.ensureBridge(plan)
        if bridge.isNew { newBridge = bridge.link }
        let pair = try host.makePair(plan, bridge: bridge.link, pod: &pod)
        hasMadePair = true
        host.refuseRouterAdvertisements(on: pair.hostLink.name)
        return (pair.bridge, pair.hostLink)
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
        try? StandardStream.error.write("fairway: \(BridgeNetfilter.complaint); \(BridgeNetfilter.cureOrConsent)\n")
    }
}

extension AddResult.Interface {
    /// A link of the node's as it is.
    fileprivate init(_ link: Link) { self.init(name: link.name, mac: link.mac, mtu: link.mtu) }
}
