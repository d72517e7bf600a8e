import FoundationEssentials
import NetworkTypes

/// One execution of the CNI plugin, exactly as a container runtime does it.
struct PluginCall {
    let node: LabNamespace
    let pluginFolder: String
    let type: String
    let configuration: JSONTree
    let pod: LabNamespace

    /// Attaches the pod.
    ///
    /// - Returns: the addresses of the result, without their prefix lengths.
    func add() throws -> [IPAddress] {
        let outcome = try run("ADD")
        guard outcome.succeeded else { throw failure("ADD", outcome) }
        let result = try JSONTree(Data(outcome.output.utf8))
        let addresses = (result["ips"]?.elements ?? []).compactMap { $0["address"]?.text }
            .compactMap { CIDR($0)?.address }
        guard !addresses.isEmpty else { throw LabError("ADD of \(pod.name): no address in \(outcome.output)") }
        return addresses.sorted()
    }

    /// Detaches the pod.
    func delete() throws {
        let outcome = try run("DEL")
        guard outcome.succeeded else { throw failure("DEL", outcome) }
    }

    private func run(_ command: String) throws -> Outcome {
        try node.run(
            ["\(pluginFolder)/\(type)"],
            environment: [
                "CNI_COMMAND": command, "CNI_CONTAINERID": pod.name, "CNI_NETNS": pod.path, "CNI_IFNAME": "eth0",
                "CNI_PATH": pluginFolder, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ], input: try configuration.serialized())
    }

    private func failure(_ command: String, _ outcome: Outcome) -> LabError {
        LabError(
            "\(command) of \(pod.name) by \(type) exited with \(outcome.status): \(outcome.output)\(outcome.errorOutput)"
        )
    }
}
