package import KubeClient
import KubeModel
import Logging
import ManifestSource

/// Where the cluster's objects come from, checked.
package enum ObjectOrigin: Sendable {
    /// A folder of YAML and JSON files.
    case manifests(String)
    /// An API server.
    case cluster(ClusterAccess)

    /// - Parameter nodeName: of the own Node, the only one that an API server is asked for.
    func source(onNode nodeName: String, _ logger: Logger) throws -> any ObjectSource {
        switch self {
        case .manifests(let folder): return ManifestSource(directory: folder, logger: logger)
        case .cluster(let access):
            for remark in access.remarks { logger.warning("\(remark)") }
            logger.info("objects come from an API server", metadata: ["server": "\(access)"])
            return try KubernetesSource(access, Resource.forServices(onNode: nodeName), logger)
        }
    }
}
