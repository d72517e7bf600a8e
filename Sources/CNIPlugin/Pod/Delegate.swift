import AttachPlan
import CNIProtocol
import JSON
import LinuxSystem

/// Another address plugin, executed as the specification says: the environment and the standard input are this one's.
struct Delegate {
    let type: String
    private let path: String
    private let network: NetworkConfiguration
    private let variables: [String]

    /// One mebibyte: more than any result, less than what hurts.
    private static let outputLimit = 1 << 20
    /// For five seconds, as libcni: that is how long somebody may take to copy a plugin into its place.
    private static let busyTries = 50

    /// Looks for the plugin in the directories of CNI_PATH.
    ///
    /// - Parameters:
    ///   - type: the plugin's name, as in `ipam.type`.
    ///   - variables: the environment, as `NAME=value`.
    /// - Throws: code 7 for a name that is a path, 4 when there is no such plugin.
    init(_ type: String, _ network: NetworkConfiguration, variables: [String] = ProcessEnvironment.all) throws(CNIError)
    {
        guard !type.isEmpty, !type.utf8.contains(UInt8(ascii: "/")) else {
            throw CNIError(
                .invalidConfiguration, "invalid plugin name: \"\(type)\"",
                details: "ipam.type is the name of a file in a directory of CNI_PATH")
        }
        let prefix = "CNI_PATH="
        let places = variables.last { $0.hasPrefix(prefix) }?.dropFirst(prefix.count) ?? ""
        let found = places.split(separator: ":").map { "\($0)/\(type)" }.first { path in
            (try? FileStatus(of: path))?.isRegular == true
        }
        guard let found else {
            throw CNIError(
                .invalidEnvironment, "failed to find plugin \"\(type)\" in path [\(places)]",
                details: "ipam.type names it: install it into a directory of CNI_PATH")
        }
        guard Personality(programPath: type) == .hostLocal || !Self.isThisProgram(found) else {
            throw CNIError(
                .invalidConfiguration, "ipam.type \"\(type)\" is fairway itself",
                details: "\(found) gives no addresses under that name: set ipam.type to \"host-local\"")
        }
        self.type = type
        path = found
        self.network = network
        self.variables = variables.filter { !$0.hasPrefix("CNI_COMMAND=") }
    }

    /// Whether a path leads to the binary that is running, which would execute itself again and again.
    private static func isThisProgram(_ path: String) -> Bool {
        guard let found = try? FileStatus(of: path), let own = try? FileStatus(of: "/proc/self/exe") else {
            return false
        }
        return found.inode == own.inode && found.device == own.device
    }

    /// Executes one verb of the plugin.
    ///
    /// - Returns: ADD's result.
    /// - Throws: the plugin's own error, with the plugin's name before its message.
    @discardableResult
    func run(_ command: CNICommand) throws(CNIError) -> AddResult? {
        let (output, end) = try execute(command)
        guard end == .exited(0) else { throw failure(of: output, end, command) }
        guard command == .add else { return nil }
        do throws(CNIError) {
            return try AddResult(output: output, version: network.version)
        } catch {
            throw prefixed(error, command)
        }
    }

    private func execute(_ command: CNICommand) throws(CNIError) -> (output: [UInt8], end: ChildProcess.End) {
        let environment = variables + ["CNI_COMMAND=\(command.rawValue)"]
        for attempt in 1... {
            do throws(SystemError) {
                var child = try ChildProcess(path, environment: environment)
                return try child.finish(input: network.text, limit: Self.outputLimit)
            } catch {
                guard error.errno == .textBusy, attempt < Self.busyTries else {
                    throw prefixed(CNIError(.inputOutput, "\(error)"), command)
                }
                Pause.milliseconds(100)
            }
        }
        throw prefixed(CNIError(.inputOutput, "text file busy"), command)
    }

    private func failure(of output: [UInt8], _ end: ChildProcess.End, _ command: CNICommand) -> CNIError {
        guard case .object(let object)? = try? JSONValue(parsing: output) else {
            let how =
                switch end {
                case .exited(let code): "exit status \(code)"
                case .signalled(let number): "killed by signal \(number)"
                }
            let text = String(decoding: output.prefix(1000), as: UTF8.self)
            return prefixed(
                CNIError(
                    .untyped, "netplugin failed with no error message: \(how)",
                    details: text.isEmpty ? "what it wrote on standard error is in the runtime's log" : text), command)
        }
        let reader = ConfigurationReader(object)
        let code = (try? reader.integer("code", in: 0...Int(Int32.max))).flatMap(\.self)
        return prefixed(
            CNIError(
                code.flatMap { $0 == 0 ? nil : CNIError.Code(rawValue: $0) } ?? .untyped,
                (try? reader.string("msg")).flatMap(\.self) ?? "unknown error",
                details: (try? reader.string("details")).flatMap(\.self) ?? ""), command)
    }

    private func prefixed(_ error: CNIError, _ command: CNICommand) -> CNIError {
        CNIError(
            error.code, "plugin type=\"\(type)\" failed (\(command.rawValue.lowercased())): \(error.message)",
            details: error.details)
    }
}
