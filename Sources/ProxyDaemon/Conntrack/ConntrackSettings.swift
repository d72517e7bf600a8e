/// How the kernel is to keep track of connections: kube-proxy's settings, and their meanings.
package struct ConntrackSettings: Sendable, Hashable {
    /// Connections for each CPU; 0: the limit is left as it is.
    package var maxPerCore: UInt64 = 32_768
    /// Connections at least, however few CPUs there are.
    package var min: UInt64 = 131_072
    /// Seconds, as the others; 0: as it is.
    package var tcpTimeoutEstablished: UInt64 = 24 * 3600
    package var tcpTimeoutCloseWait: UInt64 = 3600
    package var udpTimeout: UInt64 = 0
    package var udpTimeoutStream: UInt64 = 0
    /// Segments outside the window are none of conntrack's business.
    package var tcpBeLiberal = false

    package init() {}

    /// A parameter below `/proc/sys/net/netfilter`, and its value.
    package struct Parameter: Sendable, Hashable {
        package let name: String
        package let value: UInt64
        /// One that is larger already stays: somebody wanted it so.
        var onlyRaises = false

        var path: String { "net/netfilter/\(name)" }
    }

    /// What to set, in order.
    package func parameters(cpus: Int) -> [Parameter] {
        var parameters: [Parameter] = []
        if maxPerCore > 0 {
            let wanted = maxPerCore.multipliedReportingOverflow(by: UInt64(clamping: cpus))
            let most = wanted.overflow ? Self.largestMax : Swift.max(wanted.partialValue, min)
            parameters.append(
                Parameter(name: Self.max, value: Swift.min(most, Self.largestMax), onlyRaises: true))
        }
        for (name, seconds) in [
            ("nf_conntrack_tcp_timeout_established", tcpTimeoutEstablished),
            ("nf_conntrack_tcp_timeout_close_wait", tcpTimeoutCloseWait),
            ("nf_conntrack_udp_timeout", udpTimeout), ("nf_conntrack_udp_timeout_stream", udpTimeoutStream),
        ] where seconds > 0 {
            parameters.append(Parameter(name: name, value: seconds))
        }
        if tcpBeLiberal { parameters.append(Parameter(name: Self.tcpBeLiberal, value: 1)) }
        return parameters
    }

    static let max = "nf_conntrack_max"
    static let tcpBeLiberal = "nf_conntrack_tcp_be_liberal"
    /// As kube-proxy has it: a table for more takes too much memory to be meant.
    private static let largestMax: UInt64 = 1_048_576
}
