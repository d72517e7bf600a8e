import FoundationEssentials
import Glibc
import LinuxSystem
import NFTables
import TestSupport
import Testing

/// A node on which an earlier plugin attached the pods a and c to the network `pods`, and b to `edge`.
final class PodNode: Sendable {
    /// What there is of an attachment's owner: link, lease, record and rules all name it.
    static let pods = ["a", "b", "c"]

    let node: NetNS
    let namespaces: [String: NetNS]
    let leases: String
    let records: String
    private let predecessor: Predecessor
    private let program: String

    /// - Parameter keepsState: whether the last holder of the lock left it in order, so that its word counts.
    init(_ predecessor: Predecessor, keepsState: Bool = true) async throws {
        self.predecessor = predecessor
        program = try Programs.built("fairway", root: Programs.root(of: #filePath))
        node = try NetNS()
        namespaces = Dictionary(uniqueKeysWithValues: try Self.pods.map { ($0, try NetNS()) })
        leases = "/tmp/fairway-test-upgrade-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let name = try node.perform { () throws(SystemError) in try NetworkNamespace.currentName() }
        records = "/run/fairway-cni/.netns-\(name)"
        let script = try here(predecessor.text("plugin/network.sh"))
        let outcome = try await RunningProcess(
            Programs.path(of: "sh"), ["-s"], input: script, in: node
        ).outcome()
        guard outcome.exitCode == 0 else { throw ProgramFailure(program: "sh", arguments: [], outcome: outcome) }
        try await node.load(predecessor.text("plugin/ruleset.nft"))
        try place(keepsState)
    }

    deinit {
        for path in [leases, records] { try? FileManager.default.removeItem(atPath: path) }
    }

    /// A text of the fixtures with this node's paths in the place of those where they were made.
    private func here(_ text: String) -> String {
        var text = text.replacing("/run/leases", with: leases)
        for (pod, namespace) in namespaces { text = text.replacing("/run/netns/\(pod)", with: namespace.path) }
        return text
    }

    /// Puts records and leases into their places.
    private func place(_ keepsState: Bool) throws {
        for (part, folder) in [("plugin/leases", leases), ("plugin/records", records)] {
            for file in try predecessor.files(part) {
                var text = try here(predecessor.text("\(part)/\(file)"))
                if file == ".lock" { text = keepsState ? try withGeneration(text) : "" }
                let place = "\(folder)/\(file)"
                try FileManager.default.createDirectory(
                    atPath: String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)]),
                    withIntermediateDirectories: true)
                guard FileManager.default.createFile(atPath: place, contents: Data(text.utf8)) else {
                    throw SystemError("create \(place)", .current)
                }
            }
        }
        // The plugin's own: who else can open the lock's file can hold it.
        _ = unsafe chmod(records, 0o700)
    }

    /// The state names nf_tables' generation of the tables that it describes: here it has counted otherwise.
    private func withGeneration(_ state: String) throws -> String {
        var connection = try node.nftConnection()
        let generation = try connection.generation()
        guard let key = state.firstRange(of: "\"generation\":") else { return state }
        let end = state[key.upperBound...].firstIndex { !$0.isNumber } ?? state.endIndex
        return state[..<key.upperBound] + "\(generation)" + state[end...]
    }

    func configuration(of pod: String) throws -> String {
        let text = try here(predecessor.text("plugin/pods/\(pod).configuration.json"))
        return String(text[...(text.lastIndex(of: "}") ?? text.startIndex)])
    }

    /// The configuration of a network without any pod's own keys, and with others.
    func configuration(_ name: String, keys: String) throws -> String {
        let text = try configuration(of: "c").replacing("\"name\":\"pods\"", with: "\"name\":\"\(name)\"")
        return "\(text.dropLast())\(keys)}"
    }

    func call(_ verb: String, _ pod: String, _ configuration: String, namespace: String) async throws -> ProcessOutcome
    {
        let environment = [
            "CNI_COMMAND": verb, "CNI_CONTAINERID": "container-\(pod)", "CNI_NETNS": namespace, "CNI_IFNAME": "eth0",
            "CNI_PATH": "/none",
        ]
        return try await RunningProcess(program, environment: environment, input: configuration, in: node).outcome()
    }

    /// Runs a verb with what the runtime kept of a pod's ADD, and demands that it succeeds and says nothing.
    func demand(_ verb: String, _ pod: String) async throws {
        let result = try here(predecessor.text("plugin/pods/\(pod).result.json"))
        let previous = try "\(configuration(of: pod).dropLast()),\"prevResult\":\(result)}"
        let outcome = try await call(verb, pod, previous, namespace: namespaces[pod]?.path ?? "")
        #expect(outcome.exitCode == 0 && outcome.output == "", "\(verb) of \(pod): \(outcome.output)")
    }

    /// Collects what is a network's, sparing some pods.
    func collect(_ network: String, sparing pods: [String]) async throws -> ProcessOutcome {
        let valid = pods.map { "{\"containerID\":\"container-\($0)\",\"ifname\":\"eth0\"}" }.joined(separator: ",")
        let keys = ",\"cni.dev/valid-attachments\":[\(valid)]"
        return try await call("GC", "", configuration(network, keys: keys), namespace: "")
    }

    /// All that there is of a pod: where it is empty, nothing has leaked.
    func traces(of pod: String) async throws -> [String] {
        let owner = "container-\(pod)"
        let links = try await node.demand("ip", "-o", "link").split(separator: "\n").filter { $0.contains("\(owner) ") }
        let rules = try await node.ruleset().split(separator: "\n").filter { $0.contains("/\(owner)/") }
        // It ends with 1 when it finds nothing.
        let files = try await node.run("grep", "-rlsF", owner, leases, records).output.split(separator: "\n")
        return (links + rules + files).map { String($0) }
    }
}
