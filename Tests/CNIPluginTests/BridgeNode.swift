import Glibc
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

extension PluginNode {
    /// The plugin under an upstream plugin's name: a symbolic link beside the leases, which goes with them.
    func plugin(named name: String) throws -> String {
        let folder = "\(dataDirectory)/.bin"
        try Directory.create(dataDirectory)
        try Directory.create(folder)
        let path = "\(folder)/\(name)"
        if unsafe symlink(plugin, path) != 0, Errno.current != .exists { throw SystemError("symlink", .current) }
        return path
    }

    /// Runs a verb under an upstream plugin's name.
    func run(
        as name: String, _ command: String, _ configuration: String, container: String = "c1", pod: String
    ) async throws -> ProcessOutcome {
        try await start(command, configuration, container: container, pod: pod, program: try plugin(named: name))
            .outcome()
    }

    /// The pod's interface as it is.
    func interface(_ name: String = "eth0", in pod: NetNS) throws -> Link {
        try #require(try RouteNetlinkReader.links(in: pod).first { $0.name == name })
    }

    /// The addresses of a link, without those that the kernel makes itself.
    func addresses(of link: String, in namespace: NetNS) throws -> [String] {
        try RouteNetlinkReader.addresses(of: link, in: namespace).map(\.description).filter { !$0.hasPrefix("fe80") }
            .sorted()
    }
}
