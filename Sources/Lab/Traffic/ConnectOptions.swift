package import NetworkTypes

/// How a client connects.
package struct ConnectOptions: Sendable, Hashable {
    package var proto: TransportProtocol
    package var count: Int
    /// New connections a second; 0 for as many as `parallel` allows.
    package var rate: Int
    /// The largest number of connections under way at one time.
    package var parallel: Int
    /// How long one connection may take, in milliseconds.
    package var timeoutMilliseconds: Int
    /// After how many failures, with no success among them, no further connection is begun; 0 for never.
    package var giveUpAfter: Int
    /// The address to connect from; nil for the kernel's choice.
    package var source: IPAddress?

    package init(
        _ proto: TransportProtocol = .tcp, count: Int = 1, rate: Int = 0, parallel: Int = 1,
        timeoutMilliseconds: Int = 2000, giveUpAfter: Int = 0,
        source: IPAddress? = nil
    ) {
        self.proto = proto
        self.count = count
        self.rate = rate
        self.parallel = parallel
        self.timeoutMilliseconds = timeoutMilliseconds
        self.giveUpAfter = giveUpAfter
        self.source = source
    }

    /// The words of `fairway-lab connect` that say the same.
    var arguments: [String] {
        (proto == .udp ? ["--udp"] : []) + (source.map { ["--from", "\($0)"] } ?? [])
            + [
                "--count", "\(count)", "--rate", "\(rate)", "--parallel", "\(parallel)", "--timeout",
                "\(timeoutMilliseconds)", "--give-up", "\(giveUpAfter)",
            ]
    }

    /// An upper bound for a run in which nothing answers, plus what the rate itself needs.
    var expectedDuration: Duration {
        let rounds = (count + max(1, parallel) - 1) / max(1, parallel)
        let waiting = Duration.milliseconds(min(rounds, 30) * timeoutMilliseconds)
        return waiting + (rate > 0 ? .seconds(count / rate) : .seconds(10))
    }
}
