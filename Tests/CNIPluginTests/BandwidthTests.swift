import CNIPlugin
import CNIProtocol
import LinuxSystem
import NetworkTypes
import RouteNetlink
import TestSupport
import Testing

@Suite struct TokenBucketTests {
    @Test(
        "A burst is at most 100 ms of the rate or 64 KiB, at least a frame; 25 ms of the rate may wait besides",
        arguments: [
            // bits per second, bits, MTU: bytes per second, burst, limit
            (UInt64(8_000_000), UInt64(UInt32.max), nil as Int?, UInt64(1_000_000), UInt32(100_000), UInt32(125_000)),
            (8_000_000, 80_000, nil, 1_000_000, 10_000, 35_000), (80_000, 1 << 33, nil, 10_000, 65_536, 65_786),
            (8, 8, nil, 1, 1518, 1518), (1, 8, 9000, 1, 9018, 9018),
            (800_000_000_000, 1 << 34, nil, 100_000_000_000, 1 << 31, UInt32.max),
        ])
    func formula(rate: UInt64, burst: UInt64, mtu: Int?, bytes: UInt64, bucket: UInt32, limit: UInt32) {
        let shaper = TokenBucket(BandwidthLimits.Limit(rate: rate, burst: burst), mtu: mtu)
        #expect(shaper == TokenBucket(bytesPerSecond: bytes, burst: bucket, limit: limit))
    }
}

@Suite(.enabled(if: Root.isAvailable, "\(Root.explanation)"))
struct BandwidthTests {
    /// As containerd writes them: the burst is all that fits 32 bits.
    private static func keys(_ ingress: Int, _ egress: Int) -> String {
        let burst = UInt32.max
        return """
            ,"runtimeConfig":{"bandwidth":{"IngressRate":\(ingress),"IngressBurst":\(ingress == 0 ? 0 : burst),\
            "EgressRate":\(egress),"EgressBurst":\(egress == 0 ? 0 : burst)}}
            """
    }

    @Test("Both ends are shaped, each to its own rate; DEL and GC leave nothing", arguments: ["DEL", "GC"])
    func bothEnds(verb: String) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: Self.keys(8_000_000, 16_000_000))
        let added = try await node.add(configuration, pod: pod)
        let name = added.result.interfaces[1].name
        #expect(added.result.interfaces.count == 3)
        #expect(try await node.namespace.demand("tc", "qdisc", "show", "dev", name).contains("rate 8Mbit burst"))
        #expect(try await pod.demand("tc", "qdisc", "show", "dev", "eth0").contains("rate 16Mbit burst"))
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
        try await node.demand(verb, configuration, pod: pod.path)
        #expect(try await !node.namespace.demand("tc", "qdisc", "show").contains("tbf"))
        #expect(try node.linkNames() == ["cni0"])
    }

    @Test("One direction alone leaves the other end as it is", arguments: [(8000, 0), (0, 8000)])
    func oneEnd(ingress: Int, egress: Int) async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: Self.keys(ingress, egress))
        let added = try await node.add(configuration, pod: pod)
        let host = try #require(try node.links().first { $0.name == added.result.interfaces[1].name })
        #expect(host.queueing == (ingress > 0 ? "tbf" : "noqueue"))
        #expect(try node.interface(in: pod).queueing == (egress > 0 ? "tbf" : "noqueue"))
        try await node.demand("CHECK", added.previous(configuration), pod: pod.path)
    }

    @Test("CHECK sees a missing shaper and another rate, on either end")
    func drift() async throws {
        let node = try PluginNode()
        let pod = try node.makePod()
        let configuration = node.configuration(keys: Self.keys(8_000_000, 16_000_000))
        let added = try await node.add(configuration, pod: pod)
        let name = added.result.interfaces[1].name
        func details() async throws -> String {
            try await node.failure("CHECK", added.previous(configuration), pod: pod.path).details
        }
        try await node.namespace.demand("tc", "qdisc", "del", "dev", name, "root")
        try await pod.demand("tc", "qdisc", "del", "dev", "eth0", "root")
        let missing = "host link \(name) is not shaped to 8000000 bits per second; interface eth0 is not shaped to "
        #expect(try await details() == missing + "16000000 bits per second")
        for (namespace, link) in [(node.namespace, name), (pod, "eth0")] {
            try await namespace.demand(
                "tc", "qdisc", "add", "dev", link, "root", "tbf", "rate", "1mbit", "burst", "64k", "latency", "25ms")
        }
        let other = "host link \(name) is shaped to 1000000 bits per second, not 8000000; interface eth0 is shaped to "
        #expect(try await details() == other + "1000000 bits per second, not 16000000")
    }

    @Test("A shaped stream takes the time that its rate gives it, in the shaped direction only")
    func throughput() async throws {
        let node = try PluginNode()
        let pods = [try node.makePod(), try node.makePod()]
        // 1.6 MB/s to the pod, so 800 kB less one burst of 160 kB take 0.4 s; from it as fast as it goes.
        let shaped = node.configuration(keys: Self.keys(12_800_000, 0))
        _ = try await node.add(shaped, container: "c0", pod: pods[0])
        _ = try await node.add(node.configuration(), container: "c1", pod: pods[1])
        let toPod = try await transfer(to: "10.85.0.2", in: pods[0], from: pods[1])
        let fromPod = try await transfer(to: "10.85.0.3", in: pods[1], from: pods[0])
        #expect(toPod > 0.35 && toPod < 5, "\(toPod) s")
        #expect(fromPod < toPod / 3, "\(fromPod) s beside \(toPod) s")

        try await node.demand("DEL", shaped, container: "c0")
        let egress = node.configuration(keys: Self.keys(0, 12_800_000))
        let pod = try node.makePod()
        let added = try await node.add(egress, container: "c2", pod: pod)
        let address = try #require(added.result.addresses.first).address.address.description
        let out = try await transfer(to: "10.85.0.3", in: pods[1], from: pod)
        let into = try await transfer(to: address, in: pod, from: pods[1])
        #expect(out > 0.35 && out < 5, "\(out) s")
        #expect(into < out / 3, "\(into) s beside \(out) s")
    }

    /// Sends 800,000 bytes over TCP; seconds until the receiver has them all.
    private func transfer(to address: String, in receiver: NetNS, from sender: NetNS) async throws -> Double {
        let server = try RunningProcess(
            Programs.path(of: "python3"), ["-c", Self.receive, address], in: receiver)
        let outcome = try await sender.run("python3", "-c", Self.send, address)
        #expect(outcome.exitCode == 0, "\(outcome.errorOutput)")
        server.signal(9)
        _ = try await server.outcome()
        return try #require(Double(outcome.output.filter { !$0.isWhitespace }))
    }

    private static let receive = """
        import socket,sys
        c,_=socket.create_server((sys.argv[1],7778)).accept()
        left=800000
        while left: left-=len(c.recv(left))
        c.sendall(b'!'); c.recv(1)
        """
    private static let send = """
        import socket,sys,time
        for i in range(400):
            try: c=socket.create_connection((sys.argv[1],7778),10); break
            except ConnectionRefusedError: time.sleep(0.02)
        t=time.monotonic(); c.sendall(bytes(800000)); assert c.recv(1)==b'!'
        print(time.monotonic()-t)
        """
}
