import FoundationEssentials
import Glibc
import LinuxSystem

/// The files of all labs: `/run/fairway-lab/ID.json`, and the folder `/run/fairway-lab/ID/` beside it.
package enum LabStore {
    package static let root = "/run/fairway-lab"

    package static func folder(_ id: String) -> String { "\(root)/\(id)" }
    static func draftFile(_ id: String) -> String { "\(root)/\(id).draft" }
    static func stateFile(_ id: String) -> String { "\(root)/\(id).json" }

    /// Takes an id that no other lab has and writes the first state, which names everything that `make` will make.
    static func create(_ state: (String) -> LabState) throws -> LabState {
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        for _ in 0..<16 {
            let number = String(UInt32.random(in: 0 ... .max), radix: 16)
            let id = String(repeating: "0", count: 8 - number.count) + number
            let fresh = state(id)
            do throws(SystemError) {
                // Claimed by its final name: two labs that start together cannot both get it.
                _ = try FileDescriptor.open(stateFile(id), O_WRONLY | O_CREAT | O_EXCL)
            } catch {
                if error.errno == .exists { continue }
                throw error
            }
            try write(fresh)
            for part in ["processes", "manifests", "logs"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder(id))/\(part)", withIntermediateDirectories: true)
            }
            return fresh
        }
        throw LabError("no free lab id in \(root)")
    }

    static func write(_ state: LabState) throws {
        let bytes = try JSONEncoder().encode(state)
        // The draft is named after the lab, so that a crash before the rename leaves nothing that `clean` can't find.
        let draft = draftFile(state.id)
        try FileDescriptor.open(draft, O_WRONLY | O_CREAT | O_TRUNC).writeAll(bytes)
        guard unsafe rename(draft, stateFile(state.id)) == 0 else { throw SystemError("rename \(draft)", .current) }
    }

    /// Reads one lab's state.
    package static func read(_ id: String) throws -> LabState {
        guard let data = FileManager.default.contents(atPath: stateFile(id)) else {
            throw LabError("there is no lab \(id): `fairway-lab list` shows the labs there are")
        }
        return try JSONDecoder().decode(LabState.self, from: data)
    }

    /// The ids of all labs that left a state file, sorted.
    package static var ids: [String] { names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted() }

    /// The ids of folders and drafts without a state file: something wrote there after its lab was removed.
    static var orphans: [String] {
        let drafts = names.filter { $0.hasSuffix(".draft") }.map { String($0.dropLast(6)) }
        return Set(drafts + names.filter { !$0.contains(".") }).subtracting(ids).sorted()
    }

    private static var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] }
}
