import FoundationEssentials
import Glibc
import LinuxSystem
import NetworkTypes
import Synchronization

/// A small cluster of network namespaces: nodes with their pods, an underlay that joins them, and a world outside.
///
/// Everything it makes is written down first (`LabState`), so `remove()`, or `fairway-lab clean` after a crash,
/// leaves no trace. Its methods block: call them from synchronous programs and dedicated threads only.
package final class Lab: Sendable {
    package let plan: LabPlan
    package let programs: Programs
    package let configuration: NetworkConfiguration
    package let nodes: [Node]
    /// A host on the underlay that is no part of the cluster.
    package let world: World
    /// nil once the lab was removed: whoever comes later, another thread included, makes nothing any more.
    private let state: Mutex<LabState?>

    package var id: String { plan.id }
    package var folder: String { LabStore.folder(id) }
    /// The folder that the nodes' daemons read by default.
    package var manifests: String { "\(folder)/manifests" }
    package var pods: [PodState] { state.withLock { $0?.pods ?? [] } }

    private init(_ state: LabState, programs: Programs, configuration: NetworkConfiguration) {
        let plan = state.plan
        let folder = LabStore.folder(state.id)
        self.plan = plan
        self.programs = programs
        self.configuration = configuration
        func namespace(_ name: String) -> LabNamespace {
            LabNamespace(name: plan.namespace(of: name), labFolder: folder)
        }
        nodes = plan.nodes.map { Node(plan: $0, namespace: namespace($0.name), programs: programs) }
        world = World(namespace: namespace(LabPlan.worldName), programs: programs)
        self.state = Mutex(state)
    }

    /// Makes nodes, underlay and world; removes all of it again when a step fails.
    ///
    /// - Parameters:
    ///   - nodes: 1 to `LabPlan.maximumNodes`.
    ///   - configuration: what the nodes' pods are attached by.
    package static func make(nodes: Int = 2, configuration: NetworkConfiguration = .minimal) throws -> Lab {
        let programs = try Programs.locate()
        // Whether it is there then is for those to say whom it concerns.
        _ = BridgeNetfilter.ensure()
        let owner = ProcessIdentity.current
        let lab = try TerminationGuard.uninterrupted {
            let state = try LabStore.create { id in
                let plan = LabPlan(id: id, nodeCount: nodes)
                return LabState(
                    id: id, nodeCount: plan.nodes.count, owner: owner, namespaces: Topology(plan: plan).namespaces,
                    networks: plan.nodes.map { plan.networkName(of: $0) })
            }
            let lab = Lab(state, programs: programs, configuration: configuration)
            TerminationGuard.onTermination(of: lab.id) { try? lab.remove() }
            return lab
        }
        do {
            try lab.build()
        } catch {
            try lab.remove()
            throw error
        }
        return lab
    }

    private func build() throws {
        let topology = Topology(plan: plan)
        try LabNamespace.ip([], topology.createNamespaces, in: folder)
        let underlay = LabNamespace(name: plan.namespace(of: LabPlan.underlayName), labFolder: folder)
        for namespace in [underlay, world.namespace] + nodes.map(\.namespace) { try namespace.setBasicSysctls() }
        try underlay.ip(topology.createUnderlay)
        for node in nodes {
            try node.namespace.setSysctls(["ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1"])
            try node.namespace.ip(topology.configure(node.plan))
        }
        try world.namespace.ip(topology.configureWorld)
        try writeManifest("nodes.json", nodes.map { Manifests.node($0.plan) })
    }

    /// Makes a pod: a namespace, attached by the plugin as a runtime would.
    ///
    /// - Throws: `LabError` with the plugin's own error when it refuses.
    package func addPod(_ name: String, on node: Node) throws -> Pod {
        let namespace = LabNamespace(name: plan.namespace(of: name), labFolder: folder)
        try update { state in
            guard !state.namespaces.contains(namespace.name) else { throw LabError("there is a \(name) already") }
            state.namespaces.append(namespace.name)
            state.pods.append(PodState(name: name, node: node.name))
        }
        try LabNamespace.ip([], ["netns add \(namespace.name)"], in: folder)
        try namespace.setBasicSysctls()
        try namespace.ip(["link set lo up"])
        let call = pluginCall(for: namespace, on: node)
        let addresses = try call.add()
        try update { state in
            guard let index = state.pods.firstIndex(where: { $0.name == name }) else { return }
            state.pods[index].addresses = addresses.map(\.description)
        }
        return Pod(name: name, node: node, addresses: addresses, namespace: namespace, programs: programs)
    }

    /// Takes a pod away: the plugin's DEL, then its namespace.
    package func removePod(_ pod: Pod) throws {
        try pluginCall(for: pod.namespace, on: pod.node).delete()
        try LabNamespace.ip([], ["netns del \(pod.namespace.name)"], in: folder)
        try update { state in
            state.namespaces.removeAll { $0 == pod.namespace.name }
            state.pods.removeAll { $0.name == pod.name }
        }
    }

    private func pluginCall(for pod: LabNamespace, on node: Node) -> PluginCall {
        PluginCall(
            node: node.namespace, pluginFolder: programs.folder, type: configuration.type,
            configuration: configuration.document(
                network: plan.networkName(of: node.plan), podNetworks: node.plan.podNetworks,
                leases: "\(folder)/leases-\(node.name)"), pod: pod)
    }

    /// Writes objects into a file of the manifest folder, renamed into place.
    package func writeManifest(_ file: String, _ objects: [JSONTree]) throws {
        let list: JSONTree = ["apiVersion": "v1", "kind": "List", "items": .array(objects)]
        try writeManifest(file, text: try list.serialized())
    }

    /// Writes a file of the manifest folder, renamed into place.
    package func writeManifest(_ file: String, text: String) throws {
        // Prepared outside the folder: the daemon must never see half a file.
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(file).new"))
        try systemCall("write \(file)") { unsafe rename("\(folder)/\(file).new", "\(manifests)/\(file)") }
    }

    package func removeManifest(_ file: String) throws {
        try FileManager.default.removeItem(atPath: "\(manifests)/\(file)")
    }

    /// Lets the lab outlive this process: only `fairway-lab down` ends it.
    package func detach() throws {
        try update { $0.owner = nil }
        TerminationGuard.forget(id)
    }

    /// Removes every trace of the lab; safe to repeat.
    package func remove() throws {
        try state.withLock { state in
            if let present = state { try LabRemoval.remove(present) }
            state = nil
        }
        TerminationGuard.forget(id)
    }

    private func update(_ change: (inout LabState) throws -> Void) throws {
        try state.withLock { state in
            guard var next = state else { throw LabError("lab \(id) was removed") }
            try change(&next)
            try LabStore.write(next)
            state = next
        }
    }
}
