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

    /// The personality of a program path: a plugin's name, also behind a prefix and a dash, as builders name their own
    /// (`buildkit-cni-bridge`); nil for any other name.
    package init?(programPath: String) {
        let name =
            programPath.lastIndex(of: "/").map { programPath[programPath.index(after: $0)...] } ?? programPath[...]
        let match = Self.allCases.first { name == $0.rawValue || name.hasSuffix("-\($0.rawValue)") }
        guard let match else { return nil }
        self = match
    }
}
