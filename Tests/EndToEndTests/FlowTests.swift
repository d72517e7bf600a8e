import Glibc
import Lab
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd {
    /// UDP clients that keep their ports: conntrack keeps them with whom they got first.
    ///
    /// The cases are those of part 4 of the recorded rows; kube-proxy misses the last endpoint, a Service, a port or an
    /// address that goes, and an address that comes to be.
    @Suite("Flows", .serialized)
    struct FlowTests {
        @Test(
            "Flows go on where endpoints answer still, and to others where one has gone", arguments: IPFamily.allCases)
        func endpoints(_ family: IPFamily) async throws {
            try await Cluster.with(nodes: 2, backends: 3) { try FlowRun($0, family).endpoints() }
        }

        @Test(
            "Flows to what is gone end: the last endpoint, a port, an address, a Service", arguments: IPFamily.allCases)
        func gone(_ family: IPFamily) async throws {
            try await Cluster.with(nodes: 2, backends: 3) { try FlowRun($0, family).gone() }
        }

        @Test("A flow that left the node before there was a Service comes to the Service", arguments: IPFamily.allCases)
        func appearing(_ family: IPFamily) async throws {
            try await Cluster.with(nodes: 2, backends: 3) { try FlowRun($0, family).appearing() }
        }

        @Test("A flow to another host's port of a node port's number is none of ours; nor does a restart end one")
        func strangers() async throws {
            try await Cluster.with(nodes: 2, backends: 3) { try FlowRun($0, .ipv4).strangers() }
        }

        @Test("A daemon that was killed before it could ends the old flows when it is back")
        func killed() async throws {
            try await Cluster.with(nodes: 2, backends: 3) { try FlowRun($0, .ipv4).killed() }
        }
    }
}

/// A Service with a cluster IP, a node port and a load balancer's address, and flows to it.
private struct FlowRun {
    private static let script = "\(Programs.root(of: #filePath))/Tests/EndToEndTests/udp-flows.py"
    private static let count = 8

    private let cluster: Cluster
    private let family: IPFamily
    private let clusterIP: IPAddress
    private let balancer: IPAddress
    private let ownAddress: IPAddress

    private var node: Node { cluster.lab.nodes[0] }

    init(_ cluster: Cluster, _ family: IPFamily) throws {
        self.cluster = cluster
        self.family = family
        clusterIP = try #require(IPAddress(family == .ipv4 ? "10.96.6.10" : "fd00:10:96::610"))
        balancer = try #require(IPAddress(family == .ipv4 ? "192.0.2.60" : "fd00:192::60"))
        ownAddress = try #require(cluster.lab.nodes[0].addresses.first(family))
    }

    private func writeService(hasUDP: Bool = true, hasBalancer: Bool = true) throws {
        let udp = hasUDP ? [Manifests.Port("dns", .udp, 80, nodePort: 30160)] : []
        try cluster.lab.writeManifest(
            "flows.json",
            [
                Manifests.service(
                    "flows", type: "LoadBalancer", clusterIPs: ["\(clusterIP)"],
                    ports: udp + [.init("web", .tcp, 80, nodePort: 30161)], ingress: hasBalancer ? [balancer] : [])
            ])
    }

    private func write(_ backends: [Pod], _ conditions: [Pod: [String: JSONTree]] = [:]) throws {
        var slices = Manifests.slices(
            of: "flows", ports: [.init("dns", .udp, 8080), .init("web", .tcp, 8080)], pods: backends)
        for index in slices.indices {
            var endpoints = slices[index]["endpoints"]?.elements ?? []
            for position in endpoints.indices {
                let address = endpoints[position]["addresses"]?.elements.first?.text
                for (pod, condition) in conditions where pod.addresses.contains(where: { "\($0)" == address }) {
                    endpoints[position]["conditions"] = .object(condition)
                }
            }
            slices[index]["endpoints"] = .array(endpoints)
        }
        try cluster.lab.writeManifest("flows-slices.json", slices)
    }

    /// Flows from a host to an address, which go on until they are stopped.
    private final class Flows {
        let process: BackgroundProcess

        init(_ process: BackgroundProcess) { self.process = process }

        /// Who answers each flow at present.
        var answers: [Int: String] {
            var answers: [Int: String] = [:]
            for line in process.log.split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 2, let number = Int(words[0]) { answers[number] = String(words[1]) }
            }
            return answers
        }
    }

    private func flows(from host: some LabHost, to address: IPAddress, _ port: UInt16) throws -> Flows {
        let name = "flows-\(host.name)-\(port)-\(UInt32.random(in: 0 ... .max))"
        let flows = Flows(
            try host.namespace.start(
                ["python3", Self.script, "\(address)", "\(port)", "\(Self.count)"], log: name))
        try waitUntil("answers to \(address)", within: .seconds(5)) { flows.answers.count == Self.count }
        return flows
    }

    /// All three ways to the Service: a pod's to the cluster IP, the world's to the balancer and to the node port.
    private func all() throws -> [Flows] {
        [
            try flows(from: cluster.client, to: clusterIP, 80), try flows(from: node, to: clusterIP, 80),
            try flows(from: cluster.lab.world, to: balancer, 80),
            try flows(from: cluster.lab.world, to: ownAddress, 30160),
        ]
    }

    private func expect(_ all: [Flows], _ what: String, _ isRight: ([Int: String]) -> Bool) throws {
        do {
            try waitUntil(what, within: .seconds(4)) { all.allSatisfy { isRight($0.answers) } }
        } catch {
            throw LabError("\(what): \(all.map(\.answers))")
        }
    }

    /// Nothing moves for longer than a walk lets wait for itself.
    private func expectUnchanged(_ all: [Flows], _ chosen: [[Int: String]]) throws {
        let end = ContinuousClock.now + .milliseconds(1500)
        try waitUntil("flows that stay", within: .seconds(5)) {
            let answers = all.map(\.answers)
            if answers != chosen { throw LabError("\(answers), not \(chosen)") }
            return ContinuousClock.now >= end
        }
    }

    func endpoints() throws {
        try writeService()
        try write(cluster.backends)
        _ = try node.startProxy(manifests: cluster.lab.manifests)
        let all = try all()
        let chosen = all.map(\.answers)
        for answers in chosen { #expect(Set(answers.values).isSubset(of: ["b1", "b2", "b3"])) }
        // b1 goes and serves still, b2 is not ready and serves still: who has them keeps them.
        let drains: [String: JSONTree] = ["ready": false, "serving": true, "terminating": true]
        let unready: [String: JSONTree] = ["ready": false, "serving": true, "terminating": false]
        try write(cluster.backends, [cluster.backend(1): drains, cluster.backend(2): unready])
        try expectUnchanged(all, chosen)
        // b1 serves no more: its flows go to b3, the others stay.
        let ended: [String: JSONTree] = ["ready": false, "serving": false, "terminating": true]
        try write(cluster.backends, [cluster.backend(1): ended, cluster.backend(2): unready])
        try expect(all, "b1's flows at b3") { !$0.values.contains("b1") }
        for (before, after) in zip(chosen, all.map(\.answers)) {
            for (number, name) in before { #expect(after[number] == (name == "b1" ? "b3" : name)) }
        }
        for flow in all { try flow.process.stop() }
    }

    func gone() throws {
        try writeService()
        try write([cluster.backend(2)])
        _ = try node.startProxy(manifests: cluster.lab.manifests)
        let all = try all()
        try expect(all, "b2 answers") { Set($0.values) == ["b2"] }
        try write([])
        try expect(all, "nobody answers without endpoints") { Set($0.values).isSubset(of: ["refused", "nobody"]) }
        try write([cluster.backend(3)])
        try expect(all, "b3 answers") { Set($0.values) == ["b3"] }
        // An address goes: the world's flows to it reach nobody; the others stay.
        try writeService(hasBalancer: false)
        try expect([all[2]], "nobody answers at the balancer's address") { !$0.values.contains("b3") }
        #expect([all[0], all[1], all[3]].allSatisfy { Set($0.answers.values) == ["b3"] })
        // A port goes: as undeclared ones, it is refused.
        try writeService(hasUDP: false)
        try expect([all[0], all[1]], "the port is refused") { Set($0.values) == ["refused"] }
        try expect([all[3]], "nobody answers at the node port") { !$0.values.contains("b3") }
        try writeService()
        try expect(all, "b3 answers again") { Set($0.values) == ["b3"] }
        try cluster.lab.writeManifest("flows.json", [])
        try expect(all, "nobody answers without a Service") { !$0.values.contains("b3") }
        for flow in all { try flow.process.stop() }
    }

    func appearing() throws {
        // Until there is a Service the world has its address, and the pod's default route leads there.
        let world = cluster.lab.world
        let length = family == .ipv4 ? 32 : 128
        try world.namespace.check(
            ["ip", "address", "add", "\(clusterIP)/\(length)", "dev", "lo"] + (family == .ipv4 ? [] : ["nodad"]))
        // An answer must come from the address that was asked.
        let server = """
            import socket
            server = socket.socket(socket.AF_INET6 if ":" in "\(clusterIP)" else socket.AF_INET, socket.SOCK_DGRAM)
            server.bind(("\(clusterIP)", 80))
            print("listening", flush=True)
            while True: server.sendto(b"outside", server.recvfrom(100)[1])
            """
        try world.namespace.start(["python3", "-c", server], log: "outside-\(family.rawValue)").waitForLog("listening")
        try write(cluster.backends)
        _ = try node.startProxy(manifests: cluster.lab.manifests)
        let flows = try flows(from: cluster.client, to: clusterIP, 80)
        #expect(Set(flows.answers.values) == ["outside"])
        try writeService()
        try expect([flows], "the Service answers") { !$0.values.contains("outside") && $0.count == Self.count }
        try flows.process.stop()
    }

    func strangers() throws {
        try writeService()
        try write(cluster.backends)
        let proxy = try node.startProxy(manifests: cluster.lab.manifests)
        // The other node's port of the same number is a server of its own.
        let other = cluster.lab.nodes[1]
        _ = try other.serve(udp: [30160], as: "other")
        let address = try #require(other.addresses.first(family))
        let stranger = try flows(from: cluster.client, to: address, 30160)
        let own = try all()
        let chosen = own.map(\.answers)
        try proxy.stop()
        _ = try node.startProxy(manifests: cluster.lab.manifests)
        try expectUnchanged(own, chosen)
        try write([cluster.backend(3)])
        try expect(own, "b3 answers") { Set($0.values) == ["b3"] }
        #expect(Set(stranger.answers.values) == ["other"])
        // It has never been another's, not even for a moment.
        #expect(stranger.process.log.split(separator: "\n").count == Self.count)
        for flow in own + [stranger] { try flow.process.stop() }
    }

    func killed() throws {
        try writeService()
        try write([cluster.backend(1)])
        let proxy = try node.startProxy(manifests: cluster.lab.manifests)
        let all = try all()
        try expect(all, "b1 answers") { Set($0.values) == ["b1"] }
        // What a daemon leaves that ends between its commit and the walk: new rules, old flows.
        try proxy.stop()
        try write([cluster.backend(3)])
        let second = try node.launchProxy(manifests: cluster.lab.manifests)
        try second.waitForLog(" ready")
        try second.stop(SIGKILL)
        _ = try node.startProxy(manifests: cluster.lab.manifests)
        try expect(all, "b3 answers") { Set($0.values) == ["b3"] }
        for flow in all { try flow.process.stop() }
    }
}
