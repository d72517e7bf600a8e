import KubeModel
import LinuxSystem
import NFTables
import NetworkTypes
import ServiceRules
import ServiceRuleset
import TestSupport
import Testing

@Suite struct KernelEqualityTests {
    private static let options = RulesetOptions(
        clusterCIDRs: [CIDR("10.244.0.0/16"), CIDR("10.0.0.0/12"), CIDR("fd00:10:244::/48"), CIDR("fc00::/7")]
            .compactMap(\.self))

    private func dump(_ connection: inout NFTConnection) throws -> [TableID: TableSnapshot] {
        var snapshots: [TableID: TableSnapshot] = [:]
        for table in ServiceRuleset.tableIDs { snapshots[table] = try connection.dump(table) }
        return snapshots
    }

    private func rendered(_ objects: some Sequence<KubeObject>) -> ServiceRuleset {
        var rules = ServiceRules(nodeName: "here")
        rules.apply(objects.map { .set($0) })
        var ruleset = ServiceRuleset(Self.options)
        ruleset.apply(rules.takeChanges())
        return ruleset
    }

    @Test("After every random step the kernel's tables equal those rendered from scratch; a restart changes nothing")
    func randomSteps() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the random steps: \(seed)")
        let namespace = try NetworkNamespace.fresh()
        var connection = try nftConnection(in: namespace)
        var cluster = RandomCluster(seed: seed)
        var rules = ServiceRules(nodeName: "here")
        var ruleset = ServiceRuleset(Self.options)
        ruleset.release()
        var now: UInt64 = 0
        for step in 0..<600 {
            // Five seconds pass every third step, so that unused shapes are removed in between.
            now += 1_700_000_000
            for _ in 0..<(step % 5 == 0 ? 4 : 1) {
                rules.apply(cluster.step())
                ruleset.apply(rules.takeChanges())
            }
            try connection.commit(ruleset.takeTransaction(now: now))
            let kernel = try dump(&connection)
            let differences = rendered(cluster.objects.values).differences(from: kernel)
            try #require(differences.isEmpty, "seed \(seed), step \(step): \(differences)")
            guard step % 10 == 9 else { continue }
            rules = ServiceRules(nodeName: "here")
            rules.apply(cluster.objects.values.map { .set($0) })
            ruleset = ServiceRuleset(Self.options, kernel: kernel)
            ruleset.apply(rules.takeChanges())
            ruleset.release()
            let restart = ruleset.takeTransaction(now: now)
            try #require(restart.isEmpty, "seed \(seed), step \(step), restart: \(restart.operations)")
        }
    }
}
