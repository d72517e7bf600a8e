import CNIProtocol
import Glibc
import LinuxSystem
import TestSupport

/// A node whose address plugin is a shell script of the test's, in a directory of its own.
final class DelegateNode: Sendable {
    let node: PluginNode
    let programs: String

    /// - Parameter script: the body of the plugin `other`; `$DIR` is the directory it lies in.
    init(_ script: String) throws {
        node = try PluginNode()
        programs = "\(node.dataDirectory)-programs"
        try Directory.create(programs)
        try write(script)
    }

    deinit { removeTree(programs) }

    /// A body that notes every verb and its input, and answers ADD with one address.
    static let answering = """
        echo $CNI_COMMAND >> $DIR/verbs
        cat > $DIR/input-$CNI_COMMAND
        env > $DIR/environment-$CNI_COMMAND
        [ $CNI_COMMAND != ADD ] || echo '{"cniVersion":"1.1.0","ips":[{"address":"10.99.0.7/24","gateway":"10.99.0.1"}],\
        "routes":[{"dst":"0.0.0.0/0"}],"dns":{"nameservers":["10.99.0.2"]}}'
        """

    func write(_ script: String) throws {
        let text = "#!/bin/sh\nDIR=\(programs)\n\(script)\n"
        let file = try FileDescriptor.open("\(programs)/other", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o755)
        try file.writeAll(Array(text.utf8))
    }

    func configuration(type: String = "other", keys: String = "") -> String {
        """
        {"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0",   "unknown":{"Kept":[1.50]},\
        "ipam":{"type":"\(type)","own":"key"}\(keys)}
        """
    }

    var variables: [String: String] {
        ["CNI_PATH": "/nowhere::\(programs):/usr/lib/cni", "PATH": Programs.searchPath, "EXTRA": "x"]
    }

    func call(_ command: String, _ configuration: String, pod: String = "") async throws -> ProcessOutcome {
        try await node.call(command, configuration, pod: pod, variables: variables)
    }

    func failure(_ command: String, _ configuration: String, pod: String = "") async throws -> ErrorOutcome {
        try ErrorOutcome(try await call(command, configuration, pod: pod))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try FileDescriptor.open("\(programs)/\(name)", O_RDONLY).readToEnd(), as: UTF8.self)
    }

    /// The verbs that the script was asked for, in their order.
    func verbs() -> [String] { ((try? text("verbs")) ?? "").split(separator: "\n").map(String.init) }
}
