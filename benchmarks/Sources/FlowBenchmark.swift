import Lab
import LinuxSystem
import NetworkTypes

/// Round trips and throughput of established flows, through a Service beside straight to the same pod, in interleaved pairs.
///
/// The real daemon keeps the rules in both cases. A round trip is 64 bytes there and back; datagrams hold 1,400.
struct FlowBenchmark {
    /// The program that is at both ends, made of `benchmarks/Traffic`.
    let program: String
    let pairs: Int
    let trips: Int
    let milliseconds: Int

    private struct Row {
        let name: String
        let client: any LabHost
        let server: IPAddress
        let service: IPAddress
        let port: UInt16
    }

    func run() throws { try Lab.standing(nodes: 2, measure) }

    private func measure(_ lab: Lab) throws {
        let client = try lab.addPod("client", on: lab.nodes[0])
        let near = try lab.addPod("near", on: lab.nodes[0])
        let far = try lab.addPod("far", on: lab.nodes[1])
        for pod in [near, far] { _ = try pod.namespace.start([program, "serve", "8080"], log: "\(pod.name)-traffic") }
        let services = [IPAddress("10.96.0.1"), IPAddress("10.96.0.2")].compactMap(\.self)
        let ports: [Manifests.Port] = [.init("t", .tcp, 80), .init("u", .udp, 80)]
        let targets: [Manifests.Port] = [.init("t", .tcp, 8080), .init("u", .udp, 8080)]
        try lab.writeManifest(
            "services.json",
            [
                Manifests.service(
                    "near", type: "NodePort", clusterIPs: ["\(services[0])"],
                    ports: [.init("t", .tcp, 80, nodePort: 30080), .init("u", .udp, 80, nodePort: 30080)]),
                Manifests.service("far", clusterIPs: ["\(services[1])"], ports: ports),
            ] + Manifests.slices(of: "near", ports: targets, pods: [near])
                + Manifests.slices(of: "far", ports: targets, pods: [far]))
        _ = try lab.nodes[0].startProxy(manifests: lab.manifests)
        guard let node = lab.nodes[0].addresses.first(.ipv4), let nearby = near.addresses.first(.ipv4),
            let distant = far.addresses.first(.ipv4)
        else { throw LabError("a host has no IPv4 address") }
        for row in [
            Row(name: "pod to pod, one node", client: client, server: nearby, service: services[0], port: 80),
            Row(name: "pod to pod, two nodes", client: client, server: distant, service: services[1], port: 80),
            Row(name: "outside to a node port", client: lab.world, server: nearby, service: node, port: 30080),
        ] {
            for proto in ["tcp", "udp"] {
                try measure(row, proto, "trip", trips, "round trip") { microseconds($0) }
                try measure(row, proto, "push", milliseconds, "throughput") { "\(($0 / 1e7).rounded() / 100) GB/s" }
            }
        }
    }

    private func measure(
        _ row: Row, _ proto: String, _ mode: String, _ amount: Int, _ what: String, _ text: (Double) -> String
    ) throws {
        func value(_ address: IPAddress, _ port: UInt16) throws -> Double {
            let output = try row.client.namespace.check(
                [program, mode, proto, "\(address)", "\(port)", "\(amount)"], within: .seconds(30))
            guard let value = Double(output.trimmingSuffix(while: \.isNewline)) else {
                throw LabError("no figure: \(output)")
            }
            return value
        }
        var ratios: [Double] = []
        var straight: [Double] = []
        for pair in 0..<pairs {
            let isFirst = pair.isMultiple(of: 2)
            let first = isFirst ? try value(row.service, row.port) : try value(row.server, 8080)
            let second = isFirst ? try value(row.server, 8080) : try value(row.service, row.port)
            let (service, pod) = isFirst ? (first, second) : (second, first)
            ratios.append(service / pod)
            straight.append(pod)
        }
        print(
            "\(what), \(proto), \(row.name): \(ratios.summary) times the straight path's",
            "(\(text(straight.percentile(50)))), \(pairs) pairs")
    }
}

extension String {
    fileprivate func trimmingSuffix(while condition: (Character) -> Bool) -> Substring {
        var part = self[...]
        while let last = part.last, condition(last) { part.removeLast() }
        return part
    }
}
