import LinuxSystem
import Logging
import NFTables
import NetworkTypes

/// Removes what a kube-proxy left that ran here before.
enum KubeProxyRemains {
    static let tables = [
        TableID(family: IPFamily.ipv4, name: "kube-proxy"), TableID(family: IPFamily.ipv6, name: "kube-proxy"),
    ]

    /// The host's tools for the rules of iptables, each with the one that writes.
    private static let tools = ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"]

    /// Bytes of rules that are read at most, and milliseconds that a tool is given.
    private static let limit = 1 << 28
    private static let patience: UInt64 = 60_000

    /// Those of its tables that are there.
    static func found(_ connection: inout NFTConnection) throws(NetlinkError) -> [TableID] {
        var found: [TableID] = []
        for table in tables where try connection.flags(of: table) != nil { found.append(table) }
        return found
    }

    /// - Throws: where something of kube-proxy's stays.
    static func remove(_ logger: Logger) throws {
        var connection = try NFTConnection()
        for table in try found(&connection) {
            try connection.commit(Transaction([.deleteTable(table)]))
            logger.info("removed what kube-proxy left", metadata: ["table": "\(table)"])
        }
        var hasTool = false
        for tool in tools {
            guard let rules = try output(of: "\(tool)-save", []) else { continue }
            hasTool = true
            guard let (input, chains) = IPTablesRemains.removal(from: rules) else { continue }
            guard try output(of: "\(tool)-restore", ["--noflush", "-w", "10"], input) != nil else {
                throw ConfigurationError(
                    "\(tool)-restore did not take out kube-proxy's \(chains) chains; run kube-proxy --cleanup")
            }
            logger.info("removed what kube-proxy left", metadata: ["chains": "\(chains)", "tool": "\(tool)"])
        }
        if !hasTool {
            logger.notice(
                "there is no iptables-save here, so that rules of kube-proxy's iptables mode would not be found: run it where the host's tools are"
            )
        }
    }

    /// What a tool writes; nil where it is not there.
    private static func output(of tool: String, _ arguments: [String], _ input: String = "") throws -> String? {
        let program = Program(tool, arguments, environment: ProcessEnvironment.all, descriptors: [])
        let answer: (output: [UInt8], end: ProcessEnd?)
        do throws(SystemError) {
            answer = try program.run(input: Array(input.utf8), limit: limit, within: patience)
        } catch {
            guard error.errno == .notFound else { throw error }
            return nil
        }
        guard answer.end == .exited(0) else {
            let words = answer.end.map { "status \($0.shellStatus)" } ?? "it took too long"
            throw ConfigurationError("\(tool) failed (\(words))")
        }
        return String(decoding: answer.output, as: UTF8.self)
    }
}
