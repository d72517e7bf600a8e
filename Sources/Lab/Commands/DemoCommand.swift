import ArgumentParser
import FoundationEssentials

/// `fairway-lab demo`.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show Services at work with real packets, then remove everything.",
        discussion: """
            Exits with 0 only if every line held. With --break proxy, or BREAK=proxy in the environment, the daemons
            are stopped and their rules removed before anything is served, to show that the ticks are real.
            """)

    /// What can be taken away before the demo starts.
    enum Breakage: String, ExpressibleByArgument, CaseIterable {
        case proxy
    }

    @Option(name: .customLong("break"), help: "What to take away first.") var breakage: Breakage?
    @Option(help: "The CNI network list. (default: cni-conf/10-fairway-dual.conflist of the package)")
    var cniConf: String?
    @Option(help: "The folder with the Services. (default: deploy/demo of the package)") var services: String?

    @Option(help: "Connections a second while pods come and go; fewer for a slow machine.") var rate = 1000

    func validate() throws {
        guard (1...10_000).contains(rate) else { throw ValidationError("--rate \(rate): give 1 to 10000") }
    }

    func run() throws {
        try requireRoot()
        try TerminationGuard.install()
        let failed = try Demo(
            conflist: try cniConf ?? Self.inPackage("cni-conf/10-fairway-dual.conflist"),
            services: try services ?? Self.inPackage("deploy/demo"), breaksProxy: try broken(), rate: rate
        ).run()
        if !failed.isEmpty { throw ExitCode.failure }
    }

    private func broken() throws -> Bool {
        if breakage == .proxy { return true }
        guard let text = ProcessInfo.processInfo.environment["BREAK"], !text.isEmpty else { return false }
        guard Breakage(rawValue: text) != nil else { throw LabError("BREAK=\(text): only BREAK=proxy is known") }
        return true
    }

    private static func inPackage(_ path: String) throws -> String {
        guard let root = Programs.packageRoot else {
            throw LabError("\(path) is found from inside the package's folder only: name it by an option")
        }
        return "\(root)/\(path)"
    }
}
