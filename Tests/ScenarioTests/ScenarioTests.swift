import TestSupport
import Testing

/// What becomes of packets to Services: the rows that were recorded with kube-proxy 1.36.2, with real packets.
///
/// Another backend runs the same table unchanged: nothing of it speaks of rules.
@Suite(.serialized, .enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct ScenarioTests {
    private static let pods = ["--cluster-cidr", "10.244.0.0/16,fd00:10:244::/48"]

    /// The daemon's options by the name of a recorded setting.
    private static let settings: [(name: String, arguments: [String])] = [
        ("default", pods), ("masqall", pods + ["--masquerade-all"]),
        ("bridge", ["--detect-local-mode", "BridgeInterface", "--pod-bridge-interface", "h3cni"]),
        ("ifprefix", ["--detect-local-mode", "InterfaceNamePrefix", "--pod-interface-name-prefix", "h3c"]),
        ("nodecidr", ["--detect-local-mode", "NodeCIDR"]), ("nodetect", []),
        ("npaddr-cidr", pods + ["--nodeport-addresses", "10.10.31.0/24,fd00:31::/64,127.0.0.0/8"]),
        ("npaddr-all", pods + ["--nodeport-addresses", "0.0.0.0/0,::/0"]),
        ("npaddr-v4only", pods + ["--nodeport-addresses", "10.10.31.0/24"]),
        ("npaddr-primary", pods + ["--nodeport-addresses", "primary"]),
        ("npall-full", pods + ["--nodeport-addresses", "0.0.0.0/0,::/0"]), ("fake", pods),
    ]

    /// Served beside no other: what is recorded of it depends on what others list.
    private static let alone = "svc-uid-nodename-missing"

    @Test(
        "Every recorded connection comes out as it was recorded, wherever the objects come from",
        arguments: Bed.Source.allCases)
    func recorded(source: Bed.Source) async throws {
        let rows = try Bed.rows()
        let bed = try await Bed()
        var (tried, round) = (0, 0)
        func check(_ rows: [Row], _ name: String, _ arguments: [String], _ isWanted: (String) -> Bool) async throws {
            let probes = Self.probes(of: rows)
            let answers = try await bed.serving(arguments, from: source, objects: isWanted) {
                try await Self.expect(probes, bed, name, round)
            }
            // The daemon has ended.
            let explained = try await bed.explain(probes)
            for probe in probes {
                let answer = answers[probe.number] ?? "nothing"
                let words = explained[probe.number]
                #expect(
                    words?.agrees(with: answer, probe) == true,
                    "explain, \(name): \(probe.row.place)/\(probe.proto)\(probe.family): \(words?.words ?? []), not \(answer)"
                )
            }
            round += 1
            tried += probes.count
        }
        for (setting, arguments) in Self.settings {
            let own = rows.filter { $0.setting == setting && $0.service != Self.alone }
            try await check(own, setting, arguments) { !$0.hasPrefix(Self.alone) }
        }
        try await check(rows.filter { $0.service == Self.alone }, "alone", Self.pods) {
            $0.hasPrefix(Self.alone) || ["node-a", "node-b", "kubernetes"].contains($0)
        }
        print("scenarios: \(tried) kinds of connections tried")
        #expect(tried >= 3700)
    }

    private static func probes(of rows: [Row]) -> [Probe] {
        var probes: [Probe] = []
        for row in rows {
            for key in row.outcomes.keys.sorted() {
                if let probe = Probe(probes.count, row, key) { probes.append(probe) }
            }
        }
        return probes
    }

    private static func expect(
        _ probes: [Probe], _ bed: Bed, _ setting: String, _ round: Int
    ) async throws -> [Int: String] {
        let answers = try await bed.run(probes, round: round)
        for probe in probes {
            let answer = answers[probe.number] ?? "nothing"
            let place = "\(setting): \(probe.row.place)/\(probe.proto)\(probe.family)"
            #expect(probe.expected.contains(answer), "\(place): \(answer), not \(probe.expected.sorted())")
        }
        return answers
    }
}
