import AttachPlan
import Glibc
import LinuxSystem

/// `fairway install`: puts this program where a runtime looks for plugins.
enum Install {
    private static let about = """
        usage: fairway install DIR [NAME...]

        Copies this program to DIR/fairway, as a whole: who executes it meanwhile finds the old one or the new one. Each
        NAME becomes a link to it, so that it takes that plugin's place: \(names.joined(separator: ", ")).

        """

    private static let names = Personality.allCases.map(\.rawValue).filter { $0 != Personality.fairway.rawValue }

    /// - Parameter arguments: what follows `install` on the command line.
    /// - Returns: the exit code.
    static func run(_ arguments: [String]) -> Int32 {
        if arguments.first == "--help" || arguments.first == "-h" {
            return (try? StandardStream.output.write(about)) == nil ? 1 : 0
        }
        guard let folder = arguments.first, !folder.hasPrefix("-") else {
            try? StandardStream.error.write("fairway install: the folder is missing; see --help\n")
            return Plugin.usageError
        }
        let links = Array(arguments.dropFirst())
        if let other = links.first(where: { !names.contains($0) }) {
            try? StandardStream.error.write(
                "fairway install: \"\(other)\" is no plugin whose place it takes: \(names.joined(separator: ", "))\n")
            return Plugin.usageError
        }
        do throws(SystemError) {
            try Directory.create(folder)
            let path = "\(folder)/fairway"
            let program = try FileDescriptor.open("/proc/self/exe", O_RDONLY).readToEnd()
            try Directory.replaceFile(path, with: program, mode: 0o755)
            for name in links { try Directory.replaceLink("\(folder)/\(name)", to: "fairway") }
            try StandardStream.output.write(
                "installed \(([path] + links.map { "\(folder)/\($0)" }).joined(separator: ", "))\n")
            return 0
        } catch {
            try? StandardStream.error.write("fairway install: \(error)\n")
            return 1
        }
    }
}
