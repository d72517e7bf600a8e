import ArgumentParser
import Frontends
import Glibc
import ServiceTables

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show which Services get how many new connections a second, live.",
        discussion: "It reads the kernel's counters, whether a daemon runs or not. Ctrl-C ends it.")

    @Option(help: ArgumentHelp("Seconds between two looks.", valueName: "SECONDS"))
    var interval = 1.0

    @Option(help: ArgumentHelp("How often to look; 0 for ever.", valueName: "COUNT"))
    var count = 0

    @Option(help: ArgumentHelp("How many Services to show.", valueName: "ROWS"))
    var rows = 20

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else { throw ValidationError("--interval: give 0.1 to 3600 seconds") }
        guard rows > 0, count >= 0 else { throw ValidationError("--rows: give 1 or more; --count: 0 or more") }
    }

    func run() throws {
        let live = try LiveServices()
        var owners: [Frontend: String] = [:]
        func learn() throws {
            owners = Dictionary(
                try live.rows().map { ($0.frontend, $0.owner) }, uniquingKeysWith: { first, _ in first })
        }
        try learn()
        var before = try live.connections()
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var round = 0
        while count == 0 || round < count {
            round += 1
            usleep(UInt32(interval * 1_000_000))
            let after = try live.connections()
            if after.keys.contains(where: { owners[$0] == nil }) { try learn() }
            var rates: [String: Double] = [:]
            for (frontend, number) in after {
                // An element that was made anew counts from 0.
                let began = number >= before[frontend] ?? 0 ? number - (before[frontend] ?? 0) : number
                if began > 0 { rates[owners[frontend] ?? frontend.description, default: 0] += Double(began) / interval }
            }
            before = after
            var table = TextTable(["CONNECTIONS/S", "SERVICE"])
            for (owner, rate) in rates.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(rows) {
                table.append(["\((rate * 10).rounded() / 10)", owner])
            }
            if isTerminal { print("\u{1b}[H\u{1b}[2J", terminator: "") }
            print(table.lines(alignedRight: [0]).joined(separator: "\n"))
            fflush(nil)
        }
    }
}
