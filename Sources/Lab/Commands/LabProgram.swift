package import ArgumentParser
import Glibc
import LinuxSystem
import NetworkTypes

/// The `fairway-lab` program.
package struct LabProgram: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fairway-lab",
        abstract: "A cluster of network namespaces, with the real plugin and the real daemon.",
        discussion: """
            `up` makes nodes and pods and leaves them standing, `down` removes them; `exec` runs a program in one.
            `demo` makes a cluster, shows Services at work with real packets and removes it.
            Needs root, iproute2 and nsenter. Everything lies in namespaces named fwl-ID-NAME and under
            /run/fairway-lab; the host's own links, routes, rules and sysctls are never touched.
            """,
        version: Release.version,
        subcommands: [
            Up.self, Down.self, List.self, Exec.self, Clean.self, DemoCommand.self, Serve.self, Connect.self,
            StormCommand.self,
        ])

    package init() {}

    /// Parses the process's arguments and runs; the process ends here.
    package static func run() {
        // A child that a signal ended may leave its input half read; the lab must live on to clean up.
        ProcessSignals.ignorePipe()
        // A client has a socket for each connection that it has open.
        ResourceLimits.raiseOpenFiles()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            TerminationGuard.waitIfTerminating()
            finish(error)
        }
    }

    private static func finish(_ error: any Error) -> Never {
        if let error = error as? LabError {
            say("fairway-lab: \(error)", to: STDERR_FILENO)
            Glibc.exit(1)
        }
        exit(withError: error)
    }
}

/// Writes a line at once, unlike `print`: somebody may be reading along, or waiting for it.
func say(_ line: String, to fd: Int32 = STDOUT_FILENO) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe write(fd, bytes, bytes.count)
}

/// Fails early, in words, what would fail late in the kernel's.
func requireRoot() throws {
    guard geteuid() == 0 else { throw LabError("network namespaces need root: run it with sudo") }
}
