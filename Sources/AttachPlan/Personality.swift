/// Which plugin an execution is: the one whose name the binary was called by.
///
/// Under an upstream plugin's name Fairway behaves as that plugin does, so that an untouched configuration runs on it.
package enum Personality: String, Sendable, Hashable, CaseIterable {
    case fairway
    case bridge
    case hostLocal = "host-local"
    case portmap
    case bandwidth
    case loopback

    /// Whether a verb may come to its end without opening the pod's namespace, which is where the others check it.
    package var mayWorkWithoutNamespace: Bool { self == .hostLocal || self == .portmap || self == .bandwidth }

    /// The personality of a program path; any unknown name is Fairway itself.
    package init(programPath: String) {
        let name =
            programPath.lastIndex(of: "/").map { programPath[programPath.index(after: $0)...] } ?? programPath[...]
        self = Personality(rawValue: String(name)) ?? .fairway
    }
}
