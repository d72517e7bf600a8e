import FoundationEssentials
import LinuxSystem
import NetworkTypes

/// The demo as a person sees it: a cluster is made, Services are used, every claim gets a tick or a cross.
struct Demo {
    let conflist: String
    let services: String
    let breaksProxy: Bool
    let rate: Int

    /// Runs to the end and takes the cluster down again.
    ///
    /// - Returns: the claims that did not hold, each with its step's title.
    func run() throws -> [String] {
        // Without it half of the connections of the first step would be answered.
        if let reason = BridgeNetfilter.ensure() {
            throw LabError("\(BridgeNetfilter.complaint) (\(reason)): \(BridgeNetfilter.cure)")
        }
        let started = ContinuousClock.now
        say("Making two nodes, a client, six backends and a world outside ...")
        let cluster = try DemoCluster.make(conflist: conflist, services: services)
        var failed: [String] = []
        do {
            say("\n\(LabListing(try LabStore.read(cluster.lab.id)))\n")
            if breaksProxy {
                say("BREAK=proxy: the daemons are stopped and their rules removed.\n")
                try cluster.breakProxies()
            }
            for (index, step) in cluster.steps(rate: rate).enumerated() { failed += try show(step, number: index + 1) }
        } catch {
            try cluster.lab.remove()
            throw error
        }
        try cluster.lab.remove()
        failed += tell([removal(of: cluster.lab)], title: "Removal")
        let seconds = (ContinuousClock.now - started).components.seconds
        say(
            failed.isEmpty ? "\nEvery line held, in \(seconds) s." : "\n\(failed.count) lines failed, in \(seconds) s:")
        for line in failed { say("  ✗ \(line)") }
        say(
            """

            To type such commands yourself: `\(cluster.lab.programs.lab) up` leaves a cluster standing, with the pods
            pod11, pod12, pod21 and pod22, and prints the folder for its Services and EndpointSlices.
            """)
        return failed
    }

    private func show(_ step: DemoStep, number: Int) throws -> [String] {
        say("\(number). \(step.title)\n   $ \(step.command)")
        let (report, note) = try step.run()
        if let note { say("   \(note)") }
        for line in report.description.split(separator: "\n") { say("   \(line)") }
        return tell(step.claims(report), title: step.title)
    }

    private func tell(_ claims: [DemoStep.Claim], title: String) -> [String] {
        for claim in claims { say("   \(claim.holds ? "✓" : "✗") \(claim.text)") }
        say("")
        return claims.filter { !$0.holds }.map { "\(title): \($0.text)" }
    }

    private func removal(of lab: Lab) -> DemoStep.Claim {
        let left = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
        let files = (try? FileManager.default.contentsOfDirectory(atPath: LabStore.root)) ?? []
        return DemoStep.Claim(
            text: "nothing is left behind",
            holds: !(left + files).contains { $0.contains(lab.id) })
    }
}
