import FoundationEssentials
import LinuxSystem
import TestSupport
import Testing

/// What an earlier release left behind on a node: a folder in `Fixtures`, which `make-fixtures.sh` made with its programs.
struct Predecessor: Sendable, CustomTestStringConvertible {
    let name: String
    private let folder: String

    static let all: [Predecessor] = {
        let folder = "\(Programs.root(of: #filePath))/Tests/UpgradeTests/Fixtures"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { Predecessor(name: $0, folder: "\(folder)/\($0)") }
    }()

    var testDescription: String { name }

    func path(_ file: String) -> String { "\(folder)/\(file)" }

    func text(_ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path(file)) else {
            throw SystemError("read \(path(file))", .notFound)
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// The files below a folder, named from there.
    func files(_ part: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path(part)).filter { file in
            var isFolder = false
            return FileManager.default.fileExists(atPath: path("\(part)/\(file)"), isDirectory: &isFolder) && !isFolder
        }.sorted()
    }
}

extension NetNS {
    /// Loads a listing as `nft -f` does.
    func load(_ ruleset: String) async throws {
        let outcome = try await RunningProcess(Programs.path(of: "nft"), ["-f", "-"], input: ruleset, in: self)
            .outcome()
        guard outcome.exitCode == 0 else {
            throw ProgramFailure(program: "nft", arguments: ["-f", "-"], outcome: outcome)
        }
    }

    /// All tables, without the counters.
    func ruleset() async throws -> String { try await demand("nft", "-s", "list", "ruleset") }
}
