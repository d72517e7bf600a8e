import Daemons
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
    func open(onNode nodeName: String, _ logger: Logger) throws -> OpenOrigin {
        switch self {
        case .manifests(let folder): return OpenOrigin(source: ManifestSource(directory: folder, logger: logger))
        case .cluster(let access):
            for remark in access.remarks { logger.warning("\(remark)") }
            logger.info("objects come from an API server", metadata: ["server": "\(access)"])
            let tally = RequestTally(of: access)
            return OpenOrigin(
                source: try KubernetesSource(access, Resource.forServices(onNode: nodeName), logger, tally: tally),
                events: EventRecorder(access, tally, name: "fairway-proxy", node: nodeName, logger), tally: tally)
        }
    }
}

/// Where objects come from, and where people there hear of the daemon.
struct OpenOrigin: Sendable {
    let source: any ObjectSource
    /// Nil where nobody takes Events.
    var events: EventRecorder?
    var tally: RequestTally?

    /// client-go's metrics of requests, of which there are none where nothing is asked for.
    var families: [MetricFamily] {
        guard let tally else { return [] }
        return [
            MetricFamily(
                "rest_client_requests_total", .counter, "Requests to the API server, by their answers' status.",
                samples: tally.current.sorted { $0.key < $1.key }.map { key, count in
                    .init(
                        [.init("code", key.code), .init("host", tally.host), .init("method", key.method)],
                        .number(Double(count)))
                })
        ]
    }
}
