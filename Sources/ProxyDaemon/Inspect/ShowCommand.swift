import ArgumentParser
import Frontends
import NetworkTypes
import ServiceTables

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "List what the kernel serves: Services, frontends, endpoints, connections.",
        discussion: """
            It reads the kernel's tables, whether a daemon runs or not. CONNECTIONS counts those that began since the \
            frontend exists. With --endpoints each endpoint is listed; "(local)" are those that outsiders get.

              fairway-proxy show
              fairway-proxy show default/web --endpoints
            """)

    @Argument(help: ArgumentHelp("Services whose namespace/name:port begins so. (default: all)", valueName: "PREFIX"))
    var prefix = ""

    @Flag(help: "List every endpoint.")
    var endpoints = false

    func run() throws {
        let live = try LiveServices()
        let rows = try live.rows(withBackends: endpoints).filter { $0.owner.hasPrefix(prefix) }
        let connections = try live.connections()
        var table = TextTable(["SERVICE", "FRONTEND", "SHAPE", "ENDPOINTS", "CONNECTIONS", "REMARKS"])
        for row in rows {
            table.append([
                row.owner, row.frontend.description, row.shape, "\(row.backendCount)",
                "\(connections[row.frontend] ?? 0)", row.remarks,
            ])
            guard endpoints else { continue }
            let local = Set(row.localBackends)
            for backend in row.backends.sorted() {
                table.append(["", "  \(backend)", local.contains(backend) ? "(local)" : "", "", "", ""])
            }
        }
        print(table.lines(alignedRight: [3, 4]).joined(separator: "\n"))
        if rows.isEmpty, !prefix.isEmpty { throw ConfigurationError("no Service begins with \"\(prefix)\"") }
    }
}

extension ServiceListing.Row {
    fileprivate var remarks: String {
        var remarks: [String] = []
        if let localCount { remarks.append("\(localCount) on this node for outsiders") }
        if let affinitySeconds { remarks.append("clients keep theirs for \(affinitySeconds) s") }
        if !sources.isEmpty { remarks.append("only from \(sources.count) range\(sources.count == 1 ? "" : "s")") }
        return remarks.joined(separator: ", ")
    }
}
