import Lab
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd {
    /// Several Services that claim one address and port.
    @Suite("Claims", .serialized)
    struct ClaimTests {
        private struct Claimant {
            let name: String
            let clusterIP: String
            let created: String?
            let backend: Int
        }

        /// In the order in which they serve: the older first, one without a timestamp last, whatever their names.
        private static let claimants = [
            Claimant(name: "m", clusterIP: "10.96.8.1", created: "2026-01-01T00:00:00Z", backend: 1),
            Claimant(name: "z", clusterIP: "10.96.8.2", created: "2026-01-02T00:00:00Z", backend: 2),
            Claimant(name: "a", clusterIP: "10.96.8.3", created: nil, backend: 3),
        ]
        private static let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]

        @Test("Three claimants, in every order in which they come and go: one answers, and always the same")
        func orders() async throws {
            let answers = try await Cluster.with { cluster in
                let proxy = try cluster.lab.nodes[0].startProxy(manifests: cluster.lab.manifests)
                var answers: [String] = []
                for order in Self.orders {
                    for index in order { try Self.write(cluster, Self.claimants[index]) }
                    answers.append(try Self.answer(cluster, expecting: "b1"))
                    // The others' own addresses are theirs all the same.
                    answers.append(
                        try Self.claimants.map { try Self.responders(cluster, $0.clusterIP) }.joined(separator: " "))
                    var left = Set(order)
                    for index in order.dropLast() {
                        try cluster.lab.removeManifest("\(Self.claimants[index].name).json")
                        left.remove(index)
                        let first = left.min().map { "b\(Self.claimants[$0].backend)" } ?? ""
                        answers.append(try Self.answer(cluster, expecting: first) == first ? "next" : "not \(first)")
                    }
                    for index in left { try cluster.lab.removeManifest("\(Self.claimants[index].name).json") }
                }
                try proxy.stop()
                return answers
            }
            #expect(answers == Self.orders.flatMap { _ in ["b1", "b1 b2 b3", "next", "next"] })
        }

        private static let shared = "198.51.100.77"

        private static func write(_ cluster: Cluster, _ claimant: Claimant) throws {
            var service = Manifests.service(
                claimant.name, clusterIPs: [claimant.clusterIP], ports: [.init("x", .tcp, 80)],
                extra: ["externalIPs": [.string(shared)]])
            if let created = claimant.created {
                var metadata = service["metadata"]
                metadata?["creationTimestamp"] = .string(created)
                service["metadata"] = metadata
            }
            try cluster.lab.writeManifest(
                "\(claimant.name).json",
                [service]
                    + Manifests.slices(
                        of: claimant.name, ports: [.init("x", .tcp, 8080)], pods: [cluster.backend(claimant.backend)]))
            let own = try #require(IPAddress(claimant.clusterIP))
            try waitUntil("\(claimant.name) is in the kernel", within: .seconds(5)) {
                try cluster.lab.nodes[0].kernelMaps(.ipv4).hasFrontend(own, .tcp, 80)
            }
        }

        /// Who answers at the shared address, as soon as it is the one that should.
        private static func answer(_ cluster: Cluster, expecting name: String) throws -> String {
            var answer = ""
            try? waitUntil("\(name) answers", within: .seconds(3)) {
                answer = try responders(cluster, shared)
                return answer == name
            }
            return answer
        }

        private static func responders(_ cluster: Cluster, _ address: String) throws -> String {
            let target = try #require(IPAddress(address))
            let report = try cluster.client.connect(to: target, 80, .init(count: 5, timeoutMilliseconds: 500))
            return report.responders.keys.sorted().joined(separator: ",")
        }
    }
}
