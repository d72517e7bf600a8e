import AttachPlan
import AttachmentStore
import Attachments
import CNIProtocol
import HostIPAM
import JSON
import LeaseStore

/// One execution: what is asked, under which name, and what every verb needs to know of that.
struct Execution {
    let network: NetworkConfiguration
    private(set) var environment: PluginEnvironment
    let personality: Personality
    /// Without words for GC and STATUS, which are about none.
    let attachment: Attachment
    /// Where the configuration has its leases.
    let leases: LeaseDirectory

    init(_ network: NetworkConfiguration, _ environment: PluginEnvironment, _ personality: Personality) {
        self.network = network
        self.environment = environment
        self.personality = personality
        attachment = Attachment(
            network: network.name, containerID: environment.containerID, interfaceName: environment.interfaceName)
        leases = LeaseDirectory(
            dataDirectory: IPAMConfiguration.dataDirectory(network.root), network: network.name)
    }

    /// The names of the attachment's record, and of `portmap`'s part of it.
    var key: AttachmentKey { AttachmentKey(attachment) }
    var portmapKey: AttachmentKey { AttachmentKey(attachment, role: Personality.portmap.rawValue) }

    /// The plugin's own keys; CNI_ARGS are there for ADD and CHECK only.
    func configuration() throws(CNIError) -> PluginConfiguration {
        try PluginConfiguration(network, personality, arguments: try environment.arguments())
    }

    /// The address plugin that the configuration names; nil where there is none or the addresses are Fairway's own.
    func delegate() throws(CNIError) -> Delegate? {
        guard case .object(let ipam)? = network.root.value("ipam"), case .string(let type)? = ipam["type"],
            !AddressSource.builtInTypes.contains(type)
        else { return nil }
        return try Delegate(type, network)
    }

    /// Runs the verb; only ADD has a result.
    func run() throws(CNIError) -> AddResult? {
        try network.version.requireVerb(environment.command)
        if personality.mayWorkWithoutNamespace, environment.command == .add || environment.command == .check {
            try Host.refuseOwnNamespace(environment)
        }
        let plugin = personality.plugin
        switch environment.command {
        case .add: return try plugin.add(self)
        case .del: try plugin.del(self)
        case .check: try plugin.check(self)
        case .gc: try plugin.gc(self)
        case .status: try plugin.status(self)
        case .version: break
        }
        return nil
    }

    /// Undoes an ADD whose result nobody gets.
    func takeBack() throws(CNIError) {
        // Of `lo` there is nothing to undo: another plugin of the list may have found it up.
        guard environment.command == .add, personality != .loopback else { return }
        var deletion = self
        deletion.environment = environment.deleting
        try personality.plugin.del(deletion)
    }
}
