import AttachPlan
import CNIProtocol
import Glibc
import JSON
import LinuxSystem

/// `fairway migrate`: prints a configuration of upstream's plugins as one of Fairway's.
enum Migrate {
    private static let usage = """
        usage: fairway migrate CONFLIST

        Prints a conflist (or a single .conf) of the plugins bridge, host-local, portmap and bandwidth as one of type
        fairway that does the same. CONFLIST is a file, or - for standard input. Standard error says what was done and
        what is different. When it cannot be done the exit code is 1, and nothing is on standard output.

        """

    /// - Parameter arguments: what follows `migrate` on the command line.
    /// - Returns: the exit code.
    static func run(_ arguments: [String]) -> Int32 {
        do throws(SystemError) {
            if arguments == ["--help"] || arguments == ["-h"] {
                try StandardStream.output.write(usage)
                return 0
            }
            guard arguments.count == 1, let path = arguments.first, path == "-" || !path.hasPrefix("-") else {
                try StandardStream.error.write(usage)
                return 1
            }
            let input =
                try path == "-"
                ? StandardStream.input.readToEnd(limit: limit)
                : FileDescriptor.open(path, O_RDONLY).readToEnd(limit: limit)
            let migrated: MigratedConfiguration
            do throws(CNIError) {
                migrated = try MigratedConfiguration(JSONValue(input, of: "it"))
                try requireValid(migrated.list)
            } catch {
                try StandardStream.error.write("fairway migrate: \(path): \(error)\n")
                return 1
            }
            try StandardStream.error.write(migrated.remarks.map { "\($0)\n" }.joined())
            try StandardStream.output.write(migrated.list.indented + "\n")
            return 0
        } catch {
            try? StandardStream.error.write("fairway migrate: \(error)\n")
            return 1
        }
    }

    private static let limit = 1 << 24

    /// Checks that Fairway takes what a runtime would send it of the list.
    private static func requireValid(_ list: JSONValue) throws(CNIError) {
        guard case .object(let list) = list, case .array(let plugins)? = list["plugins"],
            case .object(var request)? = plugins.first
        else { return }
        for key in ["cniVersion", "name"] { if let value = list[key] { request.replace(key, value) } }
        let network = try NetworkConfiguration(parsing: Array(JSONValue.object(request).serialized.utf8))
        _ = try PluginConfiguration(network, arguments: [:])
    }
}
