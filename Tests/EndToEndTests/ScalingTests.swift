import Glibc
import Lab
import NFTables
import NetworkTypes
import TestSupport
import Testing

extension EndToEnd.ServiceTests {
    @Test("No connection fails while a Service scales between 2 and 6 endpoints 200 times")
    func scaling() async throws {
        let cluster = cluster
        let addresses = ServiceFixtures.clusterIPs(20).compactMap { IPAddress($0) }
        let reports = try await onThread {
            let node = cluster.lab.nodes[0]
            let before = try node.generation()
            try cluster.lab.writeManifest("elastic-slices.json", ServiceFixtures.elastic(cluster.backends))
            try waitUntil("the first endpoints", within: .seconds(5)) { try node.generation() != before }
            let runs = try addresses.map {
                try cluster.client.startConnecting(
                    to: $0, 80, ConnectOptions(count: Soak.rounds(1_000_000), rate: 1200, parallel: 2000))
            }
            let changes = try node.namespace.inside { try scale(cluster, addresses, times: Soak.rounds(200)) }
            return (try runs.map { try $0.stop() }, changes)
        }
        for (address, report) in zip(addresses, reports.0) {
            print(
                "scaling, \(address.family.rawValue): \(report.attempts) connections, \(Int(report.rate))/s, "
                    + "\(report.failed) failed, \(reports.1) generations")
            #expect(report.failures == [:])
            #expect(report.rate >= 1000)
            #expect(report.attempts > 3000)
            #expect(report.responders.count == 6)
        }
        #expect(reports.1 >= Soak.rounds(200))
    }
}

/// Rewrites the slices of `elastic` and waits each time until the kernel has exactly those endpoints.
///
/// Call it on a thread inside the namespace of the client's node.
///
/// - Returns: by how much the kernel's generation went up.
private func scale(_ cluster: Cluster, _ addresses: [IPAddress], times: Int) throws -> Int {
    var connection = try NFTConnection()
    let first = try connection.generation()
    for change in 0..<times {
        // 2, 3 … 6, 5 … 3 and again, each time starting from another pod: endpoints come, go and change places.
        let count = 2 + [0, 1, 2, 3, 4, 3, 2, 1][change % 8]
        let pods = (0..<count).map { cluster.backends[($0 + change) % cluster.backends.count] }
        let last = try connection.generation()
        try cluster.lab.writeManifest("elastic-slices.json", ServiceFixtures.elastic(pods))
        try waitUntil("the daemon to apply change \(change)", within: .seconds(5)) {
            // The generation is the cheap question.
            guard try connection.generation() != last else { return false }
            return try addresses.allSatisfy { address in
                let maps = try KernelMaps(address.family, from: &connection)
                let wanted = Set(pods.compactMap { $0.addresses.first(address.family) })
                return maps.backends(address, .tcp, 80) == wanted && maps.backends(address, .udp, 80) == wanted
            }
        }
        // Spread over some seconds, so that thousands of connections meet every kind of change.
        usleep(15_000)
    }
    return Int(try connection.generation() &- first)
}
