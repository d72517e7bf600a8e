import CLinux
import Glibc

/// The process's environment variables.
package enum ProcessEnvironment {
    /// The variable's value; nil when it is not set.
    package static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// All variables, as `NAME=value`.
    package static var all: [String] {
        var all: [String] = []
        guard let entries = unsafe fairway_environment() else { return all }
        var index = 0
        while let entry = unsafe entries[index] {
            all.append(unsafe String(cString: entry))
            index += 1
        }
        return all
    }
}
