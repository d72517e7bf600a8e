import FoundationEssentials
import NetworkTypes

/// The demo's cluster: two nodes, a client, six backends, and the Services of `deploy/demo`.
struct DemoCluster {
    let lab: Lab
    let client: Pod
    let backends: [Pod]
    let proxies: [BackgroundProcess]

    static let backendPort: UInt16 = 8080
    private static let http = Manifests.Port("http", .tcp, backendPort)
    private static let echo = Manifests.Port("echo", .udp, backendPort)

    /// - Parameters:
    ///   - conflist: the CNI configuration that the pods are attached by.
    ///   - services: the folder with the Services' YAML, which is copied as it is.
    static func make(conflist: String, services: String) throws -> DemoCluster {
        let lab = try Lab.make(nodes: 2, configuration: .init(conflist: conflist))
        do {
            let client = try lab.addPod("client", on: lab.nodes[0])
            let backends = try (1...6).map { try lab.addPod("backend-\($0)", on: lab.nodes[($0 - 1) % 2]) }
            let servers = try backends.map { try $0.startServer(tcp: [backendPort], udp: [backendPort]) }
            try copyServices(from: services, to: lab)
            for (service, pods) in [("web", backends), ("shop", backends), ("mirror", [backends[0]])] {
                try lab.writeManifest(
                    "\(service)-slices.json", Manifests.slices(of: service, ports: [http, echo], pods: pods))
            }
            try scale(lab, to: Array(backends.prefix(4)))
            let proxies = try lab.nodes.map { try $0.launchProxy(manifests: lab.manifests) }
            for proxy in proxies { try proxy.waitForLog("ready") }
            for server in servers { try server.waitForLog(EchoServer.readyLine) }
            return DemoCluster(lab: lab, client: client, backends: backends, proxies: proxies)
        } catch {
            try lab.remove()
            throw error
        }
    }

    private static func copyServices(from folder: String, to lab: Lab) throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        guard !files.isEmpty else { throw LabError("\(folder) holds no .yaml file") }
        for file in files {
            let data = FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data()
            try lab.writeManifest(file, text: String(decoding: data, as: UTF8.self))
        }
    }

    /// Makes exactly these pods the endpoints of the Service `elastic`.
    func scale(to pods: [Pod]) throws { try Self.scale(lab, to: pods) }

    private static func scale(_ lab: Lab, to pods: [Pod]) throws {
        try lab.writeManifest("elastic-slices.json", Manifests.slices(of: "elastic", ports: [http], pods: pods))
    }

    /// Stops the daemons and takes their rules away: what a cluster without Fairway would do.
    func breakProxies() throws {
        for (node, proxy) in zip(lab.nodes, proxies) {
            try proxy.stop()
            let outcome = try node.cleanUpProxy()
            guard outcome.succeeded else { throw LabError("cleanup on \(node.name): \(outcome.errorOutput)") }
        }
    }
}
