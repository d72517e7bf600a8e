import CNIProtocol
import LinuxSystem
import NetworkTypes

/// One execution of the plugin: from the environment and standard input to standard output and an exit code.
package enum Plugin {
    /// Sixteen mebibytes: more than any configuration, less than what hurts.
    private static let inputLimit = 1 << 24

    /// Runs the verb that CNI_COMMAND names, or tells a person what this program is.
    ///
    /// - Returns: the exit code.
    package static func main() -> Int32 {
        let commandLine = ProcessArguments.all
        let personality = Personality(programPath: commandLine.first ?? "")
        let arguments = commandLine.dropFirst()
        if arguments.first == "migrate" { return Migrate.run(Array(arguments.dropFirst())) }
        if let answer = answer(toArguments: arguments) {
            return deliver(answer) ? 0 : 1
        }
        guard ProcessEnvironment.variable("CNI_COMMAND").map({ !$0.isEmpty }) ?? false else {
            // On standard error, as other plugins do: a runtime must never take this for a result.
            try? StandardStream.error.write(about)
            return 0
        }
        // A runtime that has gone is a failed write, not the end in the middle of taking an attachment back.
        ProcessSignals.ignoreHangupAndPipe()
        let input: [UInt8]
        do throws(SystemError) {
            input = try StandardStream.input.readToEnd(limit: inputLimit)
        } catch {
            // VERSION answers whatever it is given.
            guard ProcessEnvironment.variable("CNI_COMMAND") == CNICommand.version.rawValue else {
                return fail(
                    CNIError(.inputOutput, "cannot read the network configuration", details: "\(error)"), .newest)
            }
            input = []
        }
        do throws(CNIError) {
            let environment = try PluginEnvironment(reading: ProcessEnvironment.variable)
            if environment.command == .version {
                return deliver(VersionResult.json(for: input).serialized + "\n") ? 0 : 1
            }
            let network = try NetworkConfiguration(parsing: input)
            guard let result = try run(network, environment, personality) else { return 0 }
            do throws(CNIError) {
                if deliver(try result.json(network.version).serialized + "\n") { return 0 }
            } catch {
                try takeBack(network, environment, personality)
                throw error
            }
            // The runtime takes this for a failed ADD, which must leave nothing behind.
            try takeBack(network, environment, personality)
            return 1
        } catch {
            return fail(error, NetworkConfiguration.answeringVersion(for: input))
        }
    }

    /// Runs one verb; only ADD has a result.
    private static func run(
        _ network: NetworkConfiguration, _ environment: PluginEnvironment, _ personality: Personality
    ) throws(CNIError) -> AddResult? {
        try network.version.requireVerb(environment.command)
        if personality.mayWorkWithoutNamespace, environment.command == .add || environment.command == .check {
            try Host.refuseOwnNamespace(environment)
        }
        switch personality {
        case .loopback: return try Loopback.run(network, environment)
        case .portmap: return try PortmapVerbs.run(network, environment)
        case .hostLocal: return try HostLocal.run(network, environment)
        case .bandwidth: return try BandwidthVerbs.run(network, environment)
        case .fairway, .bridge: break
        }
        switch environment.command {
        case .add:
            var verb = try AddVerb(network, environment, personality)
            return try verb.run()
        case .del:
            var verb = try DeleteVerb(network, environment)
            try verb.run()
        case .check: try CheckVerb.run(network, environment, personality)
        case .gc: try CollectVerb.run(network)
        case .status: try StatusVerb.run(network, personality)
        case .version: break
        }
        return nil
    }

    /// Undoes an ADD whose result nobody gets.
    private static func takeBack(
        _ network: NetworkConfiguration, _ environment: PluginEnvironment, _ personality: Personality
    ) throws(CNIError) {
        guard environment.command == .add, personality != .loopback else { return }
        _ = try run(network, environment.deleting, personality)
    }

    private static func fail(_ error: CNIError, _ version: SpecVersion) -> Int32 {
        _ = deliver(error.json(version).serialized + "\n")
        return 1
    }

    private static func deliver(_ text: String) -> Bool {
        do throws(SystemError) {
            try StandardStream.output.write(text)
            return true
        } catch {
            try? StandardStream.error.write("fairway: \(error)\n")
            return false
        }
    }
}

extension Plugin {
    private static var about: String {
        """
        fairway \(Release.version): a CNI plugin that gives a pod its veth, its place on the bridge, its IPs and its routes.
        CNI protocol versions supported: \(SpecVersion.supportedList)

        A container runtime executes it: CNI_* variables, a network configuration on standard input, a result on
        standard output. The sample configurations are in cni-conf/, the keys in docs/cni.md.

        fairway migrate CONFLIST prints a configuration of the bridge plugin as one of fairway; see --help there.

        """
    }

    private static func answer(toArguments arguments: ArraySlice<String>) -> String? {
        switch arguments.first {
        case "--help", "-h": about
        case "--version": "fairway \(Release.version)\n"
        default: nil
        }
    }
}
