import AttachPlan
import CNIProtocol
import JSON
import LinuxSystem
import NetworkTypes

/// One execution of the plugin: from the environment and standard input to standard output and an exit code.
package enum Plugin {
    /// Sixteen mebibytes: more than any configuration, less than what hurts.
    private static let inputLimit = 1 << 24

    /// `EX_USAGE` of <sysexits.h>.
    static let usageError: Int32 = 64

    /// Runs the verb that CNI_COMMAND names, or tells a person what this program is.
    ///
    /// - Returns: the exit code.
    package static func main() -> Int32 {
        let commandLine = ProcessArguments.all
        let name = commandLine.first ?? ""
        let personality = Personality(programPath: name)
        let arguments = commandLine.dropFirst()
        if arguments.first == "install" { return Install.run(Array(arguments.dropFirst())) }
        if arguments.first == "migrate" { return Migrate.run(Array(arguments.dropFirst())) }
        if let answer = answer(toArguments: arguments) {
            return deliver(answer) ? 0 : 1
        }
        guard ProcessEnvironment.variable("CNI_COMMAND").map({ !$0.isEmpty }) ?? false else {
            if let argument = arguments.first {
                try? StandardStream.error.write("fairway: unknown argument \"\(argument)\"; see fairway --help\n")
                return usageError
            }
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
                return fail(CNIError(error, .readConfiguration), .newest)
            }
            input = []
        }
        do throws(CNIError) {
            let environment = try PluginEnvironment(reading: ProcessEnvironment.variable)
            if environment.command == .version {
                return deliver(VersionResult.json(for: input).serialized + "\n") ? 0 : 1
            }
            let network = try NetworkConfiguration(parsing: input)
            // Pods that were made under another name must be able to go.
            let isCleaning = environment.command == .del || environment.command == .gc
            guard let personality = personality ?? (isCleaning ? .fairway : nil) else {
                let known = Personality.allCases.map(\.rawValue).joined(separator: ", ")
                throw CNIError(
                    .invalidConfiguration, "unknown plugin name: \"\(name)\"",
                    details: "this program is one of \(known), also behind a prefix and a dash: set type to one of them"
                )
            }
            let execution = Execution(network, environment, personality)
            guard let result = try execution.run() else { return 0 }
            do throws(CNIError) {
                if deliver(try result.json(network.version).serialized + "\n") { return 0 }
            } catch {
                try execution.takeBack()
                throw error
            }
            // The runtime takes this for a failed ADD, which must leave nothing behind.
            try execution.takeBack()
            return 1
        } catch {
            return fail(error, NetworkConfiguration.answeringVersion(for: input))
        }
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

        fairway install DIR puts this program there, and fairway migrate CONFLIST prints a configuration of the bridge
        plugin as one of fairway; see --help there.

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
