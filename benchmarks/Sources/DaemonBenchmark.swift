import FoundationEssentials
import Glibc
import Lab
import LinuxSystem
import NetworkTypes

/// The real daemon on a folder of JSON files, one object a file: what it keeps of memory, and what it computes while
/// endpoints change all the time.
struct DaemonBenchmark {
    let services: Int
    let endpoints: Int
    /// Endpoint changes a second.
    let rate: Int
    let seconds: Int

    func run() throws { try Lab.standing(nodes: 1, measure) }

    private func measure(_ lab: Lab) throws {
        for number in 0..<services {
            try lab.writeManifest(
                "service-\(number).json",
                [
                    Manifests.service(
                        "service-\(number)", clusterIPs: ["\(address(0x0a60_0001 + number))"],
                        ports: [.init("x", .tcp, 80)])
                ])
            try writeSlice(number, round: 0, lab)
        }
        let proxy = try lab.nodes[0].startProxy(manifests: lab.manifests, within: .seconds(120))
        let figures = ProcessFigures(pid: proxy.pid)
        Pause.milliseconds(10_000)
        print(
            "memory, \(services) x \(endpoints) from files: VmHWM \(try figures.memory("VmHWM")) MB after the first sync, VmRSS",
            "\(try figures.memory("VmRSS")) MB 10 s later")
        let before = try figures.computed()
        let start = ContinuousClock.now
        for change in 0..<rate * seconds {
            try writeSlice((change &* 7919) % services, round: change + 1, lab)
            let spare = start + .milliseconds((change + 1) * 1000 / rate) - ContinuousClock.now
            if spare > .milliseconds(1) { Pause.milliseconds(Int(spare / .milliseconds(1))) }
        }
        let took = (ContinuousClock.now - start) / .seconds(1)
        let percent = (try figures.computed() - before) / took * 100
        print(
            "CPU at \(Int(Double(rate * seconds) / took)) endpoint changes a second, \(services) x \(endpoints):",
            "\((percent * 100).rounded() / 100) % of one core over \(Int(took)) s")
        try proxy.stop()
    }

    private func writeSlice(_ number: Int, round: Int, _ lab: Lab) throws {
        let list = (0..<endpoints).map { slot -> (node: String, addresses: [IPAddress]) in
            let value = slot == 0 && round > 0 ? 0x0c00_0000 + round : 0x0b00_0000 + number * endpoints + slot
            return ("there", [address(value)])
        }
        let slices = Manifests.slices(of: "service-\(number)", ports: [.init("x", .tcp, 8080)], endpoints: list)
        try lab.writeManifest("slice-\(number).json", Array(slices.prefix(1)))
    }

    private func address(_ value: Int) -> IPAddress { IPAddress(family: .ipv4, value: UInt128(value)) }
}
