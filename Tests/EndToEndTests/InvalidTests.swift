import Lab
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd {
    /// A server's segment that lies outside the window passes conntrack as it is, under an address that the client never
    /// asked.
    @Suite("Segments outside the window", .serialized)
    struct InvalidTests {
        @Test("A server's segment outside the window does not end a connection, a pod's or the node's, and is counted")
        func dropped() async throws {
            let (answers, listing) = try await Cluster.with(nodes: 2, backends: 2) { cluster in
                let proxy = try Self.serve(cluster)
                let answers = try Self.answers(cluster)
                try proxy.stop()
                return (answers, try cluster.lab.nodes[0].namespace.check(["nft", "list", "ruleset"]))
            }
            #expect(answers == ["hello", "hello", "hello", "hello"])
            // Of both families, in each two.
            let counted = listing.split(separator: "\n").filter {
                $0.contains("@endpoint-addresses counter packets 2 ")
            }
            #expect(counted.count == 2, "\(listing)")
        }

        @Test("Without the rule it does; and a pod that is no endpoint is left alone")
        func withoutRule() async throws {
            let (answers, stranger) = try await Cluster.with(nodes: 2, backends: 2) { cluster in
                try Self.serve(cluster).stop()
                for family in ["ip", "ip6"] {
                    try cluster.lab.nodes[0].namespace.nft("flush set \(family) fairway endpoint-addresses")
                }
                let answers = try Self.answers(cluster)
                // Straight to the pod there is nothing to translate: the segment changes nothing.
                let pod = cluster.backend(2)
                let stranger = try pod.addresses.map { try Self.answer(cluster.client, pod, $0, 9500, at: $0) }
                return (answers, stranger)
            }
            #expect(!answers.contains("hello"), "\(answers)")
            #expect(stranger == ["hello", "hello"])
        }

        @Test("With nf_conntrack_tcp_be_liberal on there is no rule")
        func liberal() async throws {
            let (listing, answers) = try await Cluster.with(nodes: 2, backends: 2) { cluster in
                let node = cluster.lab.nodes[0].namespace
                try node.check(["sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_be_liberal=1"])
                _ = try Self.serve(cluster)
                return (try node.check(["nft", "list", "ruleset"]), try Self.answers(cluster))
            }
            #expect(!listing.contains("ct state invalid"))
            #expect(answers == ["hello", "hello", "hello", "hello"])
        }

        private static let script = "\(Programs.root(of: #filePath))/Tests/EndToEndTests/stray-segment.py"
        private static let clusterIPs = ["10.96.5.10", "fd00:10:96::510"]

        /// A Service of one backend, on the second node.
        private static func serve(_ cluster: Cluster) throws -> BackgroundProcess {
            let ports = [Manifests.Port("x", .tcp, 9500)]
            try cluster.lab.writeManifest(
                "stray.json",
                [Manifests.service("stray", clusterIPs: clusterIPs, ports: [.init("x", .tcp, 80)])]
                    + Manifests.slices(of: "stray", ports: ports, pods: [cluster.backend(2)]))
            return try cluster.lab.nodes[0].startProxy(manifests: cluster.lab.manifests)
        }

        /// What a pod and its node read through the Service, by family.
        private static func answers(_ cluster: Cluster) throws -> [String] {
            let pod = cluster.backend(2)
            return try zip(clusterIPs, pod.addresses).flatMap { clusterIP, address in
                let target = try #require(IPAddress(clusterIP))
                return [
                    try answer(cluster.client, pod, address, 80, at: target),
                    try answer(cluster.lab.nodes[0], pod, address, 80, at: target),
                ]
            }
        }

        private static func answer(
            _ client: some LabHost, _ server: Pod, _ address: IPAddress, _ port: UInt16, at target: IPAddress
        ) throws -> String {
            let process = try server.namespace.start(
                ["python3", script, "serve", "\(address)", "9500"], log: "stray-\(address.family.rawValue)")
            try process.waitForLog("listening")
            let outcome = try client.namespace.run(["python3", script, "connect", "\(target)", "\(port)"])
            try process.stop()
            return outcome.output.split(separator: "\n").first.map(String.init) ?? outcome.errorOutput
        }
    }
}
