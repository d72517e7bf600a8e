import Lab
import LinuxSystem
import NetworkTypes

/// New TCP connections through a cluster IP beside connections straight to the same pod, in interleaved pairs.
///
/// Client and server are pods of one node; the real daemon keeps the rules in both cases. From the first packet to the
/// server's answer.
struct LatencyBenchmark {
    struct Setting {
        let services: Int
        let endpoints: Int
        let isSticky: Bool
    }

    let settings: [Setting]
    let pairs: Int
    /// Connections of one side of a pair.
    let connections: Int

    func run() throws {
        for setting in settings {
            try Lab.standing(nodes: 1) { lab in try measure(setting, lab) }
        }
    }

    private func measure(_ setting: Setting, _ lab: Lab) throws {
        let node = lab.nodes[0]
        let client = try lab.addPod("client", on: node)
        let server = try lab.addPod("server", on: node)
        let endpoints = try addresses(of: server, setting.endpoints, on: node)
        try server.serve(tcp: [8080])
        try writeServices(setting, endpoints, lab)
        _ = try node.startProxy(manifests: lab.manifests, within: .seconds(60))
        var medians: [Double] = []
        var tails: [Double] = []
        var straight: [Double] = []
        let options = ConnectOptions(count: connections)
        for pair in 0..<pairs {
            func through() throws -> ConnectReport { try client.connect(to: Self.clusterIP(0), 80, options) }
            func direct() throws -> ConnectReport { try client.connect(to: endpoints[0], 8080, options) }
            let isFirst = pair.isMultiple(of: 2)
            let first = isFirst ? try through() : try direct()
            let second = isFirst ? try direct() : try through()
            let (service, pod) = isFirst ? (first, second) : (second, first)
            guard service.failed == 0, pod.failed == 0 else { throw LabError("connections failed: \(service) \(pod)") }
            medians.append(Double(service.p50Microseconds) / Double(pod.p50Microseconds))
            tails.append(Double(service.p99Microseconds) / Double(pod.p99Microseconds))
            straight.append(Double(pod.p50Microseconds) * 1000)
        }
        print(
            "new connections, \(setting.services) Services, \(setting.endpoints) endpoints\(setting.isSticky ? ", affinity" : ""):",
            "p50 \(medians.summary), p99 \(tails.summary) times straight to the pod",
            "(\(microseconds(straight.percentile(50)))), \(pairs) pairs of \(connections)")
        try Row(
            benchmark: "latency", row: "new-connection", services: setting.services, endpoints: setting.endpoints,
            mix: (setting.isSticky ? Workload.Mix.affinity : .clusterIP).rawValue,
            values: [
                "straight p50": straight.percentile(50), "p50 to straight": medians.percentile(50),
                "p99 to straight": tails.percentile(50),
            ]
        ).write()
    }

    /// So many addresses of one pod, routed there by the node.
    private func addresses(of server: Pod, _ count: Int, on node: Node) throws -> [IPAddress] {
        guard let own = server.addresses.first(.ipv4) else { throw LabError("the pod has no IPv4 address") }
        let list = (0..<count).map { IPAddress(family: .ipv4, value: UInt128(0x0af5_0000 + $0 + 1)) }
        try server.namespace.check(
            ["ip", "-batch", "-"], input: list.map { "address add \($0)/32 dev lo" }.joined(separator: "\n") + "\n")
        try node.namespace.check(["ip", "route", "add", "10.245.0.0/16", "via", "\(own)"])
        return list
    }

    private static func clusterIP(_ number: Int) -> IPAddress {
        IPAddress(family: .ipv4, value: UInt128(0x0a60_0100 + number))
    }

    private func writeServices(_ setting: Setting, _ endpoints: [IPAddress], _ lab: Lab) throws {
        var objects: [JSONTree] = []
        for number in 0..<setting.services {
            let affinity: [String: JSONTree] = setting.isSticky && number == 0 ? ["sessionAffinity": "ClientIP"] : [:]
            objects.append(
                Manifests.service(
                    "s\(number)", clusterIPs: ["\(Self.clusterIP(number))"], ports: [.init("x", .tcp, 80)],
                    extra: affinity))
            let own = number == 0 ? endpoints : Array(endpoints.prefix(2))
            objects += Manifests.slices(
                of: "s\(number)", ports: [.init("x", .tcp, 8080)], endpoints: own.map { ("there", [$0]) }
            ).prefix(1)
        }
        try lab.writeManifest("services.json", objects)
    }
}
