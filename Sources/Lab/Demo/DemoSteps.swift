import Glibc
import NetworkTypes

extension DemoCluster {
    /// Everything the demo shows, in order.
    ///
    /// - Parameter rate: the connections a second that go on while pods come and go.
    func steps(rate: Int) -> [DemoStep] {
        addresses("10.96.0.10", "fd00:10:96::10").map(clusterIP)
            + [udp].compactMap { $0 }
            + zip(addresses("172.31.0.12", "fd00:31::12"), ["a node's IPv4 address", "a node's IPv6 address"]).map {
                outside("NodePort: the world connects to \($1)", to: $0, 30080)
            }
            + addresses("192.0.2.10", "fd00:192::10").map {
                outside("LoadBalancer: the world connects to the balancer's \($0.family.rawValue) address", to: $0, 80)
            }
            + addresses("10.96.0.30", "fd00:10:96::30").map { scaling($0, rate: rate) }
            + addresses("10.96.0.40", "fd00:10:96::40").map(empty)
            + addresses("10.96.0.50", "fd00:10:96::50").map(hairpin)
    }

    private func addresses(_ texts: String...) -> [IPAddress] { texts.compactMap { IPAddress($0) } }

    private var names: Set<String> { Set(backends.map(\.name)) }

    private func clusterIP(_ address: IPAddress) -> DemoStep {
        DemoStep(
            "ClusterIP, \(address.family.rawValue): one address, six backends on two nodes", from: client, to: address,
            80,
            ConnectOptions(count: 600, parallel: 20, timeoutMilliseconds: 1000, giveUpAfter: 20)
        ) { report in
            let spread = ChiSquare(uniform: names.map { report.responders[$0] ?? 0 })
            let p = (spread.p * 1000).rounded() / 1000
            return [
                .init(text: "all 600 connections were answered", holds: report.succeeded == 600),
                .init(
                    text: "every backend had its share (chi-square p = \(p))",
                    holds: Set(report.responders.keys) == names && spread.p > 1e-6),
                .init(text: "the backends saw the client's own address", holds: seenAsClient(report, address.family)),
            ]
        }
    }

    private var udp: DemoStep? {
        guard let address = addresses("10.96.0.10").first else { return nil }
        return DemoStep(
            "ClusterIP, UDP: another port of the same Service", from: client, to: address, 7,
            ConnectOptions(.udp, count: 300, parallel: 20, timeoutMilliseconds: 1000, giveUpAfter: 20)
        ) { report in
            [.init(text: "all 300 datagrams were answered", holds: report.succeeded == 300)]
        }
    }

    private func outside(_ title: String, to address: IPAddress, _ port: UInt16) -> DemoStep {
        DemoStep(
            title, from: lab.world, to: address, port,
            ConnectOptions(count: 120, parallel: 20, timeoutMilliseconds: 1000, giveUpAfter: 20)
        ) { report in
            [
                .init(text: "all 120 connections were answered", holds: report.succeeded == 120),
                .init(text: "every backend answered, on both nodes", holds: Set(report.responders.keys) == names),
            ]
        }
    }

    private func scaling(_ address: IPAddress, rate: Int) -> DemoStep {
        DemoStep(
            "Scaling, \(address.family.rawValue): the pods come and go while clients connect", from: client,
            to: address,
            80, ConnectOptions(count: 100_000, rate: rate, parallel: 2 * rate, timeoutMilliseconds: 1000),
            meanwhile: {
                for change in 0..<60 {
                    // 2, 4, 6, 4, 2 … and never the same pods as before.
                    let count = [2, 4, 6, 4][change % 4]
                    try scale(to: (0..<count).map { backends[($0 + change) % backends.count] })
                    usleep(40_000)
                }
                return "60 changes of its endpoints, between 2 and 6 at a time"
            }
        ) { report in
            [
                .init(
                    text: "\(report.attempts) connections, \(report.failed) failed",
                    holds: report.failed == 0 && report.attempts > rate),
                .init(text: "every backend had its turn", holds: Set(report.responders.keys) == names),
            ]
        }
    }

    private func empty(_ address: IPAddress) -> DemoStep {
        DemoStep(
            "No endpoints, \(address.family.rawValue): the client is told at once", from: client, to: address, 80,
            ConnectOptions(count: 10, parallel: 10, timeoutMilliseconds: 500)
        ) { report in
            [
                .init(
                    text: "all 10 were refused, within \(Int(report.seconds * 1000)) ms",
                    holds: report.failures == [.refused: 10] && report.seconds < 1)
            ]
        }
    }

    private func hairpin(_ address: IPAddress) -> DemoStep {
        DemoStep(
            "Hairpin, \(address.family.rawValue): a pod calls the Service that it is the only backend of",
            from: backends[0], to: address, 80,
            ConnectOptions(count: 20, parallel: 20, timeoutMilliseconds: 1000, giveUpAfter: 20)
        ) { report in
            [.init(text: "it reached itself 20 times", holds: report.responders == [backends[0].name: 20])]
        }
    }

    private func seenAsClient(_ report: ConnectReport, _ family: IPFamily) -> Bool {
        report.clientAddresses == Set(client.addresses.filter { $0.family == family })
    }
}
