import Lab
import NetworkTypes

/// The Services of the shared cluster, each for one row or more of the scenario table.
enum ServiceFixtures {
    typealias Port = Manifests.Port

    /// TCP and UDP under one number, as most rows try both.
    private static func both(_ name: String, _ port: UInt16, nodePort: UInt16 = 0) -> [Port] {
        [Port(name + "-tcp", .tcp, port, nodePort: nodePort), Port(name + "-udp", .udp, port, nodePort: nodePort)]
    }

    static func clusterIPs(_ number: Int) -> [String] { ["10.96.1.\(number)", "fd00:10:96::1\(number)"] }

    private static func external(_ number: Int) -> [IPAddress] {
        ["192.0.2.\(number)", "fd00:192::\(number)"].compactMap { IPAddress($0) }
    }

    static func write(to cluster: Cluster) throws {
        for (file, objects) in objects(of: cluster) { try cluster.lab.writeManifest("\(file).json", objects) }
    }

    static func objects(of cluster: Cluster) -> [(String, [JSONTree])] {
        let one = cluster.backend(1)
        let two = cluster.backend(2)
        let three = [one, two, cluster.backend(3)]
        let web = both("web", 8080)
        return [
            service("web", 10, ports: both("web", 80) + both("admin", 81))
                + Manifests.slices(of: "web", ports: web + both("admin", 9090), pods: three),
            service("nodeport", 11, type: "NodePort", ports: both("web", 80, nodePort: 30080))
                + Manifests.slices(of: "nodeport", ports: web, pods: three),
            service(
                "balanced", 12, type: "LoadBalancer", ports: both("web", 80, nodePort: 30081), ingress: external(12))
                + Manifests.slices(of: "balanced", ports: web, pods: three),
            service(
                "external", 13, ports: both("web", 80),
                extra: ["externalIPs": .array(external(13).map { .string("\($0)") })])
                + Manifests.slices(of: "external", ports: web, pods: three),
            service("named", 14, ports: both("web", 80)) + named(one, port: 8080) + named(two, port: 9090),
            service(
                "empty", 15, type: "LoadBalancer", ports: both("web", 80, nodePort: 30082), ingress: external(15)),
            service("half", 16, ports: both("web", 80))
                + unready(Manifests.slices(of: "half", ports: web, pods: [one]), as: "half-unready")
                + Manifests.slices(of: "half", ports: web, pods: [two]),
            service("unready", 17, ports: both("web", 80))
                + unready(Manifests.slices(of: "unready", ports: web, pods: three), as: "unready"),
            service("mirror", 18, ports: both("web", 80)) + Manifests.slices(of: "mirror", ports: web, pods: [one]),
            [headless, externalName]
                + Manifests.slices(of: "headless", ports: web, pods: [cluster.backend(6)])
                + Manifests.slices(of: "elsewhere", ports: web, pods: [cluster.backend(6)]),
            service("elastic", 20, ports: both("web", 80)),
        ].map { objects in (objects.first?["metadata"]?["name"]?.text ?? "none", objects) }
    }

    /// The slices of the Service that the scaling test scales.
    static func elastic(_ pods: [Pod]) -> [JSONTree] {
        Manifests.slices(of: "elastic", ports: both("web", 8080), pods: pods)
    }

    private static func service(
        _ name: String, _ number: Int, type: String = "ClusterIP", ports: [Port], extra: [String: JSONTree] = [:],
        ingress: [IPAddress] = []
    ) -> [JSONTree] {
        [
            Manifests.service(
                name, type: type, clusterIPs: clusterIPs(number), ports: ports, extra: extra, ingress: ingress)
        ]
    }

    /// Slices whose port has the same name and a number of its own, as `targetPort: web` gives them.
    private static func named(_ pod: Pod, port: UInt16) -> [JSONTree] {
        renamed(Manifests.slices(of: "named", ports: both("web", port), pods: [pod]), "named-\(pod.name)")
    }

    private static func unready(_ slices: [JSONTree], as name: String) -> [JSONTree] {
        renamed(slices, name).map { slice in
            var slice = slice
            slice["endpoints"] = .array(
                (slice["endpoints"]?.elements ?? []).map { endpoint in
                    var endpoint = endpoint
                    endpoint["conditions"] = ["ready": false, "serving": false, "terminating": false]
                    return endpoint
                })
            return slice
        }
    }

    private static func renamed(_ slices: [JSONTree], _ name: String) -> [JSONTree] {
        slices.enumerated().map { index, slice in
            var slice = slice
            slice["metadata"]?["name"] = .string("\(name)-\(index)")
            return slice
        }
    }

    private static var headless: JSONTree {
        Manifests.service("headless", clusterIPs: ["None"], ports: both("web", 80))
    }

    private static var externalName: JSONTree {
        Manifests.service(
            "elsewhere", type: "ExternalName", clusterIPs: [], ports: both("web", 80),
            extra: ["externalName": "elsewhere.example.org"])
    }
}
