import ArgumentParser
import LinuxSystem
import Logging

/// kube-proxy's options of the process itself.
struct ModeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "kube-proxy's mode: nftables. iptables and ipvs are taken for it, with a warning.", valueName: "MODE"))
    var proxyMode = ""

    @Option(
        help: ArgumentHelp(
            "How readily the kernel ends the daemon when memory runs out: -1000, never, to 1000. (default: -999)",
            valueName: "SCORE"))
    var oomScoreAdj: Int?

    private static let initialScore = -999

    func check() throws(ConfigurationError) {
        guard ["", "nftables", "iptables", "ipvs"].contains(proxyMode) else {
            throw ConfigurationError("--proxy-mode: \"\(proxyMode)\" is no mode; write nftables, or leave it out")
        }
        if let oomScoreAdj, !(-1000...1000).contains(oomScoreAdj) {
            throw ConfigurationError("--oom-score-adj: \(oomScoreAdj) is not from -1000 to 1000")
        }
    }

    func tell(_ logger: Logger) {
        guard !["", "nftables"].contains(proxyMode) else { return }
        logger.warning(
            "there is no mode \(proxyMode): nftables runs in its place; check-config says what that changes",
            metadata: ["cure": "write nftables, or nothing, for the mode"])
    }

    func adjustScore(_ logger: Logger) {
        let wanted = oomScoreAdj ?? Self.initialScore
        do throws(SystemError) {
            try OwnProcess.setOutOfMemoryScore(wanted)
        } catch {
            // Whoever did not ask for it may have meant to give fewer rights.
            logger.log(
                level: oomScoreAdj == nil ? .info : .warning, "how readily the kernel ends the daemon stays as it is",
                metadata: ["wanted": "\(wanted)", "reason": "\(error)"])
        }
    }
}
