import FoundationEssentials
import Glibc

/// Where the programs are that a lab runs.
package struct Programs: Sendable, Hashable {
    /// The folder that holds `fairway`, `fairway-proxy` and `fairway-lab`.
    package let folder: String

    package var proxy: String { "\(folder)/fairway-proxy" }
    package var lab: String { "\(folder)/fairway-lab" }

    /// Looks in `$FAIRWAY_DIST`, then beside this program, then in `dist/` of the package this runs in.
    ///
    /// - Throws: `LabError` naming the folders that were looked in.
    package static func locate() throws -> Programs {
        var candidates: [String] = []
        if let given = ProcessInfo.processInfo.environment["FAIRWAY_DIST"], !given.isEmpty {
            candidates = [absolute(given)]
        } else {
            if let own = ownPath, own.hasSuffix("/fairway-lab") { candidates.append(folder(of: own)) }
            if let root = packageRoot { candidates.append("\(root)/dist") }
        }
        for candidate in candidates {
            let programs = Programs(folder: candidate)
            if unsafe access(programs.lab, X_OK) == 0, unsafe access(programs.proxy, X_OK) == 0 { return programs }
        }
        throw LabError(
            "no fairway-lab and fairway-proxy in \(candidates.joined(separator: " or ")): "
                + "run `make build`, or name their folder in FAIRWAY_DIST")
    }

    /// The nearest folder above the current one that holds a Package.swift, or above this program.
    package static var packageRoot: String? {
        let starts = [FileManager.default.currentDirectoryPath] + (ownPath.map { [folder(of: $0)] } ?? [])
        for start in starts {
            var folder = start
            while folder.count > 1 {
                if FileManager.default.fileExists(atPath: "\(folder)/Package.swift") { return folder }
                folder = self.folder(of: folder)
            }
        }
        return nil
    }

    private static var ownPath: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
