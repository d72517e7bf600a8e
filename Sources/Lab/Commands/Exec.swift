import ArgumentParser
import FoundationEssentials
import Glibc

/// `fairway-lab exec`.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a program in a node, a pod or the world.",
        discussion: """
            Example: fairway-lab exec pod11 -- fairway-lab connect 10.96.0.10 80 --count 100
            The lab's programs are found by name, wherever this one was started from.
            """)

    @Option(help: "The lab's id; not needed while there is only one.") var lab: String?
    @Argument(help: "node1, a pod's name, or world.") var host: String
    @Argument(parsing: .postTerminator, help: "The program and its arguments.") var command: [String] = []

    func run() throws {
        try requireRoot()
        let state = try LabStore.read(try LabStore.resolve(lab))
        let name = state.plan.namespace(of: host)
        guard state.namespaces.contains(name) else {
            throw LabError("lab \(state.id) has no \(host): it has \(LabListing(state))")
        }
        let path = try "\(Programs.locate().folder):" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
        _ = unsafe setenv("PATH", path, 1)
        try LabNamespace(name: name, labFolder: LabStore.folder(state.id))
            .exec(command.isEmpty ? ["/bin/sh"] : command)
    }
}
