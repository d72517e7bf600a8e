import ArgumentParser

/// The options that set how the kernel keeps track of connections; kube-proxy's names, defaults and meanings.
struct ConntrackOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Connections to keep track of for each CPU; 0 leaves the kernel's limit alone. A larger one stays.",
            valueName: "N"))
    var conntrackMaxPerCore: UInt32 = 32_768

    @Option(help: ArgumentHelp("Connections to keep track of at least.", valueName: "N"))
    var conntrackMin: UInt32 = 131_072

    @Option(
        help: ArgumentHelp(
            "How long an idle TCP connection is remembered, such as 24h or 1h30m; 0 leaves it alone.",
            valueName: "TIME"))
    var conntrackTcpTimeoutEstablished = GoDuration(seconds: 24 * 3600)

    @Option(help: ArgumentHelp("The same of a TCP connection that one side has closed.", valueName: "TIME"))
    var conntrackTcpTimeoutCloseWait = GoDuration(seconds: 3600)

    @Flag(help: "Let TCP segments outside their window pass: nothing is dropped as INVALID then.")
    var conntrackTcpBeLiberal = false

    @Option(help: ArgumentHelp("The same of UDP with packets of one side only.", valueName: "TIME"))
    var conntrackUdpTimeout = GoDuration(seconds: 0)

    @Option(help: ArgumentHelp("The same of UDP with packets of both sides.", valueName: "TIME"))
    var conntrackUdpTimeoutStream = GoDuration(seconds: 0)

    var settings: ConntrackSettings {
        var settings = ConntrackSettings()
        settings.maxPerCore = UInt64(conntrackMaxPerCore)
        settings.min = UInt64(conntrackMin)
        settings.tcpTimeoutEstablished = conntrackTcpTimeoutEstablished.seconds
        settings.tcpTimeoutCloseWait = conntrackTcpTimeoutCloseWait.seconds
        settings.udpTimeout = conntrackUdpTimeout.seconds
        settings.udpTimeoutStream = conntrackUdpTimeoutStream.seconds
        settings.tcpBeLiberal = conntrackTcpBeLiberal
        return settings
    }
}
