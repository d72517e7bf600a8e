package import KubeModel
import NetworkTypes

/// A slice that names ports which its Service does not have: a slip of the pen, most likely, because what joins them is the
/// name.
package struct UnmatchedPorts: Sendable, Hashable {
    package let slice: NamespacedName
    package let service: NamespacedName
    /// As people read them.
    package let ports: [String]

    package init(slice: NamespacedName, service: NamespacedName, ports: [String]) {
        self.slice = slice
        self.service = service
        self.ports = ports
    }
}

extension FrontendModel {
    /// There may be slices with ports that no Service has.
    package var hasUnmatchedPorts: Bool { !mismatched.isEmpty }

    /// Hands over the slices whose ports their Services do not have, of those that came or changed since the last call.
    ///
    /// A Service and its slices may come one after the other: ask when they have had time to.
    package mutating func takeUnmatchedPorts() -> [UnmatchedPorts] {
        defer { mismatched = [] }
        return mismatched.sorted().flatMap { service in
            let bySlice = Dictionary(grouping: states[service]?.unmatchedPorts ?? []) { $0.slice }
            return bySlice.sorted { $0.key < $1.key }.map { slice, ports in
                UnmatchedPorts(
                    slice: NamespacedName(namespace: service.namespace, name: slice), service: service,
                    ports: ports.map { "\"\($0.port.name)\" (\($0.port.proto.rawValue))" })
            }
        }
    }
}
