/// The name of an object in its namespace.
package struct NamespacedName: Sendable, Hashable {
    package let namespace: String
    package let name: String
    /// Both names' hash, made once: an object's name is looked up several times for each of its changes.
    private let digest: Int

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
        var hasher = Hasher()
        hasher.combine(namespace)
        hasher.combine(name)
        digest = hasher.finalize()
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    package static func == (a: NamespacedName, b: NamespacedName) -> Bool {
        a.digest == b.digest && a.name == b.name && a.namespace == b.namespace
    }
}

extension NamespacedName: Comparable {
    package static func < (a: NamespacedName, b: NamespacedName) -> Bool {
        (a.namespace, a.name) < (b.namespace, b.name)
    }
}

extension NamespacedName: CustomStringConvertible {
    package var description: String { "\(namespace)/\(name)" }
}
