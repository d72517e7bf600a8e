import Glibc

/// The process's environment variables.
package enum ProcessEnvironment {
    /// The variable's value; nil when it is not set.
    package static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
