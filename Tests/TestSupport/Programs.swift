import Glibc

/// Where the programs lie that tests start.
package enum Programs {
    package static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// A program of the system by its name.
    package static func path(of name: String) throws -> String {
        for directory in searchPath.split(separator: ":") {
            let path = "\(directory)/\(name)"
            if unsafe access(path, X_OK) == 0 { return path }
        }
        throw MissingProgram(name: name, cure: "install the Debian package that has it")
    }

    /// A program of this project: `$FAIRWAY_DIST/<name>`, else `dist/<name>`, else `.build/release/<name>`.
    ///
    /// Of the last two the newer one is taken, so that a test never runs against a stale copy.
    package static func built(_ name: String, root: String) throws -> String {
        if let directory = unsafe getenv("FAIRWAY_DIST") {
            let path = unsafe "\(String(cString: directory))/\(name)"
            guard unsafe access(path, X_OK) == 0 else {
                throw MissingProgram(name: path, cure: "FAIRWAY_DIST names a directory without it")
            }
            return path
        }
        let found = ["\(root)/dist/\(name)", "\(root)/.build/release/\(name)"].compactMap { path in
            modificationTime(path).map { (path: path, time: $0) }
        }
        guard let newest = found.max(by: { $0.time < $1.time }) else {
            throw MissingProgram(name: name, cure: "build it: swift build -c release --product \(name)")
        }
        return newest.path
    }

    private static func modificationTime(_ path: String) -> Double? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
    }

    /// The package's root, two directories above a test file.
    package static func root(of file: String) -> String {
        file.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    }
}

/// A program that a test needs and that is not there.
package struct MissingProgram: Error, CustomStringConvertible {
    package let name: String
    package let cure: String

    package var description: String { "\(name) is missing: \(cure)" }
}
