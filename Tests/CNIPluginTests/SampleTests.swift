import AttachPlan
import CNIPlugin
import CNIProtocol
import Glibc
import JSON
import LinuxSystem
import TestSupport
import Testing

/// The sample configurations in `cni-conf/`.
private enum Samples {
    static let directory = Programs.root(of: #filePath) + "/cni-conf"

    static var names: [String] {
        ((try? Directory.names(in: directory)) ?? []).filter { $0.hasSuffix(".conflist") }.sorted()
    }

    /// What a runtime sends the first plugin of a list: its entry, with the list's name and version.
    static func request(_ name: String, dataDirectory: String? = nil) throws -> String {
        let bytes = try FileDescriptor.open("\(directory)/\(name)", O_RDONLY).readToEnd()
        guard case .object(let list) = try JSONValue(parsing: bytes), case .array(let plugins)? = list["plugins"],
            case .object(let plugin)? = plugins.first, let version = list["cniVersion"], let network = list["name"]
        else { throw CNIError(.undecodable, "\(name) is no list of plugins") }
        var members = plugin.members.map { member in
            guard let dataDirectory, member.key == "ipam", case .object(var ipam) = member.value else { return member }
            ipam.append("dataDir", .string(dataDirectory))
            return JSONObject.Member(key: member.key, value: .object(ipam))
        }
        members.append(JSONObject.Member(key: "cniVersion", value: version))
        members.append(JSONObject.Member(key: "name", value: network))
        return JSONValue.object(JSONObject(members: members)).serialized
    }
}

@Suite struct SampleTests {
    @Test("There are samples")
    func present() { #expect(Samples.names.count >= 2) }

    @Test("Each sample is a valid configuration of this plugin", arguments: Samples.names)
    func valid(name: String) throws {
        let network = try NetworkConfiguration(parsing: Array(try Samples.request(name).utf8))
        #expect(network.type == "fairway")
        #expect(network.version == .newest)
        _ = try PluginConfiguration(network, arguments: [:])
    }

    @Test(
        "Each sample wires a pod", .enabled(if: Root.isAvailable, "\(Root.explanation)"), arguments: Samples.names)
    func works(name: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let request = try Samples.request(name, dataDirectory: node.dataDirectory)
        let added = try await node.add(request, pod: pod)
        try await node.demand("CHECK", added.previous(request), pod: pod.path)
        try await node.demand("DEL", request, pod: pod.path)
        #expect(node.leases().isEmpty)
    }
}
