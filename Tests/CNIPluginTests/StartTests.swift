import LinuxSystem
import NetworkTypes
import TestSupport
import Testing

/// What a static program without parts of Swift's runtime gets from its caller, and gives back.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct StartTests {
    @Test(
        "Arguments and variables arrive, none or thousands; the exit code and what was written leave",
        arguments: [0, 3000])
    func surroundings(count: Int) async throws {
        let node = try PluginNode()
        var variables = ["CNI_COMMAND": "VERSION"]
        for number in 0..<count { variables["VARIABLE_\(number)"] = String(repeating: "x", count: number % 200) }
        let version = try await RunningProcess(
            node.plugin, environment: variables, input: #"{"cniVersion":"1.0.0"}"#, in: node.namespace
        ).outcome()
        #expect(version.exitCode == 0 && version.output.hasPrefix(#"{"cniVersion":"1.0.0","supportedVersions":["#))
        let arguments = ["--version"] + (0..<count).map { "argument-\($0)" }
        let release = try await RunningProcess(node.plugin, arguments, environment: [:], in: node.namespace).outcome()
        #expect(release.exitCode == 0 && release.output == "fairway \(Release.version)\n")
        variables["CNI_COMMAND"] = "ADD"
        let refused = try await RunningProcess(
            node.plugin, environment: variables, input: "{}", in: node.namespace
        ).outcome()
        #expect(refused.exitCode == 1 && refused.output.contains("CNI_CONTAINERID"))
    }
}
