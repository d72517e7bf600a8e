package import KubeModel
package import Logging

package struct SourceUpdate: Sendable {
    package var changes: [ObjectChange]; package var complete: Bool; package var unreadable: Int
}
package final class ManifestSource: Sendable {
    package init(directory: String, logger: Logger) {}
    package func start(deliver: @escaping @Sendable (SourceUpdate) -> Void) throws {}
    package func stop() {}
}
