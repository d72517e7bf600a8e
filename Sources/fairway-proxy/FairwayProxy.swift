import ArgumentParser
import ProxyDaemon

@main struct FairwayProxy {
    static func main() async { await ProxyCommand.main() }
}
