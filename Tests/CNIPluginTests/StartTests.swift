import CNIPlugin
import LinuxSystem
import TestSupport
import Testing

/// The static plugin's own start in the place of glibc's.
@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct StartTests {
    @Test("The process begins in fairway_start")
    func entry() async throws {
        let node = try PluginNode()
        let program = "\(Programs.root(of: #filePath))/.build/release/fairway"
        let header = try await node.namespace.demand("readelf", "-h", program)
        let symbols = try await node.namespace.demand("nm", program)
        let line = try #require(symbols.split(separator: "\n").first { $0.hasSuffix(" T fairway_start") })
        let address = try #require(UInt64(line.prefix { $0 != " " }, radix: 16))
        #expect(header.contains("Entry point address:               0x\(String(address, radix: 16))\n"), "\(header)")
    }

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
        #expect(release.exitCode == 0 && release.output == "fairway \(Plugin.release)\n")
        variables["CNI_COMMAND"] = "ADD"
        let refused = try await RunningProcess(
            node.plugin, environment: variables, input: "{}", in: node.namespace
        ).outcome()
        #expect(refused.exitCode == 1 && refused.output.contains("CNI_CONTAINERID"))
    }
}
