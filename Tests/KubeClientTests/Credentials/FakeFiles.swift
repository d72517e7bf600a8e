import KubeClient
import LinuxSystem

/// Files of a test's own, in memory.
struct FakeFiles {
    var contents: [String: String] = [:]
    var failures: [String: Errno] = [:]

    init(_ contents: [String: String] = [:]) { self.contents = contents }

    func read(_ path: String) throws(SystemError) -> [UInt8] {
        if let errno = failures[path] { throw SystemError("open \(path)", errno) }
        guard let content = contents[path] else { throw SystemError("open \(path)", .notFound) }
        return Array(content.utf8)
    }
}

/// The text of the error that something ends in; a text that says so where it ends in none.
func errorText(_ body: () throws(CredentialError) -> some Any) -> String {
    do throws(CredentialError) {
        return "no error: \(try body())"
    } catch {
        return error.description
    }
}
