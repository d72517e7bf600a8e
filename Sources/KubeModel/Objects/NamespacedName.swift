/// The name of an object in its namespace.
package struct NamespacedName: Sendable, Hashable {
    package let namespace: String
    package let name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
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
