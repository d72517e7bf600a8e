package import KubeModel

/// Which objects of a kind to ask an API server for.
package struct Resource: Sendable, Hashable {
    package let kind: ObjectID.Kind
    /// Such as `/api/v1/services`.
    package let path: String
    /// What chooses among all of the kind, such as `labelSelector=…`, percent-encoded; empty for all.
    package let selector: String
    /// Servers may not have the kind, or not show it.
    package let isOptional: Bool

    private init(_ kind: ObjectID.Kind, _ path: String, _ selector: String, isOptional: Bool = false) {
        self.kind = kind
        self.path = path
        self.selector = selector
        self.isOptional = isOptional
    }

    /// What kube-proxy asks for: headless Services and those of other proxies are left to the server.
    ///
    /// - Parameter nodeName: of the own Node, the only one that is asked for.
    package static func forServices(onNode nodeName: String) -> [Resource] {
        let headless = "!service.kubernetes.io/headless"
        let ofOtherProxies = "!service.kubernetes.io/service-proxy-name"
        return [
            Resource(
                .service, "/api/v1/services", "labelSelector=\(percentEncoded("\(headless),\(ofOtherProxies)"))"),
            Resource(
                .endpointSlice, "/apis/discovery.k8s.io/v1/endpointslices",
                "labelSelector=\(percentEncoded("\(headless),\(ofOtherProxies)"))"),
            Resource(.node, "/api/v1/nodes", "fieldSelector=\(percentEncoded("metadata.name=\(nodeName)"))"),
            // Since Kubernetes 1.33; without them --service-cidr says it.
            Resource(.serviceCIDR, "/apis/networking.k8s.io/v1/servicecidrs", "", isOptional: true),
        ]
    }

    /// The target of a request for a step, from the path on.
    ///
    /// - Parameters:
    ///   - limit: the largest number of objects on a page; nil for all.
    ///   - witness: the one object that a probe is to show; nil for any.
    package func target(of step: FollowStep, limit: Int?, witness: ObjectID? = nil) -> String {
        var query = selector.isEmpty ? [] : [selector]
        var path = path
        switch step.request {
        case .watchList:
            query += [
                "watch=1", "allowWatchBookmarks=true", "sendInitialEvents=true", "resourceVersionMatch=NotOlderThan",
            ]
            query.append("timeoutSeconds=\(step.seconds)")
        case .watch(let version):
            query += ["watch=1", "allowWatchBookmarks=true", "resourceVersion=\(percentEncoded(version))"]
            query.append("timeoutSeconds=\(step.seconds)")
        case .list(let next):
            if let limit { query.append("limit=\(limit)") }
            if let next { query.append("continue=\(percentEncoded(next))") }
            query.append("timeout=\(step.seconds)s")
        case .probe:
            query += ["limit=1", "timeout=\(step.seconds)s"]
            // Within its namespace a server looks up one name, and everywhere it looks through all. The own Node is chosen already.
            if let witness, !query.contains(where: { $0.hasPrefix("fieldSelector=") }) {
                query.append("fieldSelector=\(percentEncoded("metadata.name=\(witness.name.name)"))")
                if !kind.isClusterWide, let slash = path.lastIndex(of: "/") {
                    path.insert(contentsOf: "/namespaces/\(percentEncoded(witness.name.namespace))", at: slash)
                }
            }
        }
        return "\(path)?\(query.joined(separator: "&"))"
    }
}

/// All but what may stand in a query as it is (RFC 3986, section 2.3).
private func percentEncoded(_ text: String) -> String { percentEncoded(text, keeping: "-._~") }
