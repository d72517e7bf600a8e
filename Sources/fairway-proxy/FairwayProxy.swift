import ArgumentParser
import ProxyDaemon

/// The daemon's program.
@main struct FairwayProxy {
    static func main() async { await ProxyCommand.run() }
}
