import ArgumentParser
import Glibc
import LinuxSystem
import NetworkTypes

/// `fairway-lab up`.
struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a cluster and leave it standing.",
        discussion: """
            Each node gets pods that serve TCP and UDP on port 8080 and, unless --no-proxy is given, a daemon that
            reads the lab's manifest folder, which is printed: put Services and EndpointSlices there.
            """)

    @Option(help: "How many nodes, 1 to \(LabPlan.maximumNodes).") var nodes = 2
    @Option(help: "How many pods each node gets.") var pods = 2
    @Option(help: "A CNI network list; its first plugin is what attaches the pods.") var cniConf: String?
    @Flag(help: "Start no daemons.") var noProxy = false

    func validate() throws {
        guard (1...LabPlan.maximumNodes).contains(nodes) else {
            throw ValidationError("--nodes \(nodes): give 1 to \(LabPlan.maximumNodes)")
        }
        guard (0...100).contains(pods) else { throw ValidationError("--pods \(pods): give 0 to 100") }
    }

    func run() throws {
        try requireRoot()
        try TerminationGuard.install()
        let lab = try Lab.make(nodes: nodes, configuration: cniConf.map { try .init(conflist: $0) } ?? .minimal)
        do {
            for node in lab.nodes {
                for number in 0..<pods {
                    let pod = try lab.addPod("pod\(node.plan.number)\(number + 1)", on: node)
                    try pod.serve(tcp: [8080], udp: [8080])
                }
                if !noProxy { _ = try node.startProxy(manifests: lab.manifests) }
            }
            try lab.detach()
        } catch {
            try lab.remove()
            throw error
        }
        if !BridgeNetfilter.isPresent {
            say("fairway-lab: \(BridgeNetfilter.complaint): \(BridgeNetfilter.cure)", to: STDERR_FILENO)
        }
        print(LabListing(try LabStore.read(lab.id)))
        print("manifests  \(lab.manifests)\nremove it  fairway-lab down \(lab.id)")
    }
}

/// `fairway-lab down`.
struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a cluster that `up` made.")

    @Argument(help: "The lab's id; not needed while there is only one.") var id: String?

    func run() throws {
        try requireRoot()
        try LabRemoval.remove(try LabStore.read(try LabStore.resolve(id)))
    }
}

/// `fairway-lab list`.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the clusters there are, with their pods.")

    func run() throws {
        for id in LabStore.ids { print(LabListing(try LabStore.read(id))) }
    }
}

/// `fairway-lab clean`.
struct Clean: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove what interrupted runs left behind.",
        discussion: "Labs whose maker still runs, and those that `up` left standing, stay unless --all is given.")

    @Flag(help: "Remove every lab on this host, in use or not.") var all = false

    func run() throws {
        try requireRoot()
        for id in LabStore.ids + LabStore.orphans {
            // A file without content is a lab that was killed between its first two steps: nothing else is there.
            let state = (try? LabStore.read(id)) ?? LabState(id: id, nodeCount: 1, namespaces: [], networks: [])
            guard all || state.isAbandoned || state.namespaces.isEmpty else { continue }
            try LabRemoval.remove(state)
            print("removed \(id)")
        }
    }
}

/// A lab as lines for a person.
struct LabListing: CustomStringConvertible {
    let state: LabState

    init(_ state: LabState) { self.state = state }

    var description: String {
        let plan = state.plan
        var lines = ["lab \(state.id)" + (state.isAbandoned ? " (abandoned: `fairway-lab clean` removes it)" : "")]
        for node in plan.nodes {
            lines.append("  \(node.name)  " + node.addresses.map(\.description).joined(separator: "  "))
            for pod in state.pods where pod.node == node.name {
                lines.append("    \(pod.name)  " + pod.addresses.joined(separator: "  "))
            }
        }
        lines.append("  world  " + LabPlan.worldAddresses.map(\.description).joined(separator: "  "))
        return lines.joined(separator: "\n")
    }
}

extension LabStore {
    /// The id that was given, or the only lab's.
    static func resolve(_ given: String?) throws -> String {
        if let given { return given }
        let ids = self.ids
        guard let only = ids.first else { throw LabError("there is no lab: `fairway-lab up` makes one") }
        guard ids.count == 1 else {
            throw LabError("there are several labs: name one of \(ids.joined(separator: ", "))")
        }
        return only
    }
}
