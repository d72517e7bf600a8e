import NetworkTypes

/// The table of scenarios: every kind of Service, from everywhere, in both families, over TCP and UDP.
enum ScenarioTable {
    private struct Row {
        let title: String
        let from: Scenario.Place
        /// IPv4, then IPv6.
        let to: [String]
        let port: UInt16
        let answer: Scenario.Answer
    }

    static let scenarios: [Scenario] = rows.flatMap { row in
        row.to.compactMap { IPAddress($0) }.flatMap { address in
            [TransportProtocol.tcp, .udp].map { proto in
                Scenario(
                    title: row.title, from: row.from, address: address, port: row.port, proto: proto,
                    answer: row.answer)
            }
        }
    }

    private static func clusterIP(_ number: Int) -> [String] { ServiceFixtures.clusterIPs(number) }
    private static func external(_ number: Int) -> [String] { ["192.0.2.\(number)", "fd00:192::\(number)"] }
    private static func node(_ number: Int) -> [String] { ["172.31.0.\(10 + number)", "fd00:31::\(10 + number)"] }
    private static let three = [1, 2, 3]

    private static let rows: [Row] = [
        Row(
            title: "pod to ClusterIP", from: .client, to: clusterIP(10), port: 80, answer: .from(three, seenAs: .itself)
        ),
        Row(
            title: "pod to a ClusterIP's second port", from: .client, to: clusterIP(10), port: 81,
            answer: .from(three, seenAs: .itself)),
        Row(
            title: "node to ClusterIP", from: .node(1), to: clusterIP(10), port: 80,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "other node to ClusterIP", from: .node(2), to: clusterIP(10), port: 80,
            answer: .from(three, seenAs: .node(2))),
        Row(
            title: "world to ClusterIP", from: .world, to: clusterIP(10), port: 80,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "world to NodePort", from: .world, to: node(1), port: 30080, answer: .from(three, seenAs: .node(1))),
        Row(
            title: "world to the other node's NodePort", from: .world, to: node(2), port: 30080,
            answer: .from(three, seenAs: .node(2))),
        Row(
            title: "pod to its node's NodePort", from: .client, to: node(1), port: 30080,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "pod to the other node's NodePort", from: .client, to: node(2), port: 30080,
            answer: .from(three, seenAs: .node(2))),
        Row(
            title: "node to its own NodePort", from: .node(1), to: node(1), port: 30080,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "no NodePort on the node's loopback", from: .node(1), to: ["127.0.0.1", "::1"], port: 30080,
            answer: .refused),
        Row(
            title: "the ClusterIP of a NodePort Service", from: .client, to: clusterIP(11), port: 80,
            answer: .from(three, seenAs: .itself)),
        Row(
            title: "world to LoadBalancer IP", from: .world, to: external(12), port: 80,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "pod to LoadBalancer IP", from: .client, to: external(12), port: 80,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "node to LoadBalancer IP", from: .node(2), to: external(12), port: 80,
            answer: .from(three, seenAs: .node(2))),
        Row(
            title: "a LoadBalancer's NodePort", from: .world, to: node(2), port: 30081,
            answer: .from(three, seenAs: .node(2))),
        Row(
            title: "world to external IP", from: .world, to: external(13), port: 80,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "pod to external IP", from: .client, to: external(13), port: 80,
            answer: .from(three, seenAs: .node(1))),
        Row(
            title: "a named target port with a number per slice", from: .client, to: clusterIP(14), port: 80,
            answer: .from([1, 2], seenAs: .itself)),
        Row(title: "pod to no endpoints", from: .client, to: clusterIP(15), port: 80, answer: .refused),
        Row(title: "node to no endpoints", from: .node(1), to: clusterIP(15), port: 80, answer: .refused),
        Row(title: "world to no endpoints", from: .world, to: clusterIP(15), port: 80, answer: .refused),
        Row(title: "NodePort without endpoints", from: .world, to: node(2), port: 30082, answer: .refused),
        Row(title: "LoadBalancer IP without endpoints", from: .world, to: external(15), port: 80, answer: .refused),
        Row(
            title: "an endpoint that is not ready", from: .client, to: clusterIP(16), port: 80,
            answer: .from([2], seenAs: .itself)),
        Row(title: "no endpoint is ready", from: .client, to: clusterIP(17), port: 80, answer: .refused),
        Row(
            title: "client and backend on one bridge", from: .client, to: clusterIP(18), port: 80,
            answer: .from([1], seenAs: .itself)),
        Row(
            title: "client and backend on two nodes", from: .backend(2), to: clusterIP(18), port: 80,
            answer: .from([1], seenAs: .itself)),
        Row(
            title: "hairpin: a pod's own Service", from: .backend(1), to: clusterIP(18), port: 80,
            answer: .from([1], seenAs: .node(1))),
    ]
}
