import Conntrack
import Daemons
package import Frontends
import LinuxSystem
package import Logging
import NetworkTypes
import RouteNetlink

/// Ends connections that go on to somebody who no longer answers there.
package protocol FlowCleaning: Sendable {
    /// Begins to look for stale connections, and returns at once.
    ///
    /// - Returns: false where the look before has not ended.
    func begin(_ rules: FlowRules) -> Bool
}

/// Deletes the kernel's entries of stale connections, one walk for each family, on a thread of its own.
package final class FlowCleaner: FlowCleaning {
    private let job: SideJob
    private let metrics: MetricsBoard
    private let logger: Logger

    package init(_ metrics: MetricsBoard, _ logger: Logger) {
        self.metrics = metrics
        self.logger = logger
        job = SideJob("flows", logger)
    }

    package func begin(_ rules: FlowRules) -> Bool { job.begin { self.clean(rules) } }

    /// How often a walk is begun anew that something passing ended, and milliseconds between two.
    private static let attempts = 5
    private static let pause = 500

    private func clean(_ rules: FlowRules) {
        for attempt in 1...Self.attempts {
            do {
                try cleanOnce(rules)
                return
            } catch {
                let isLast = attempt == Self.attempts
                logger.warning(
                    isLast ? "stale flows could not be ended" : "stale flows are looked for again",
                    metadata: ["reason": "\(error)"])
                if !isLast { Pause.milliseconds(Self.pause) }
            }
        }
    }

    private func cleanOnce(_ rules: FlowRules) throws {
        let own = try RouteSocket.ownAddresses()
        var socket = try ConntrackSocket()
        for family in IPFamily.allCases {
            let destinations = rules.destinations(family)
            let start = MonotonicClock.now
            let ended = try socket.deleteEntries(family, to: destinations) { rules.isStale($0, own: own) }
            let seconds = Double(MonotonicClock.now - start) / 1e9
            metrics.update { metrics in
                metrics.endedFlows[family, default: 0] += ended
                metrics.flowWalks[family, default: ProxyMetrics.syncHistogram].observe(seconds)
            }
            if ended > 0 {
                logger.info(
                    "ended stale flows",
                    metadata: [
                        "flows": "\(ended)", "family": "\(family.rawValue)", "frontends": "\(destinations.count)",
                    ])
            }
        }
    }
}

extension FlowRules {
    fileprivate func destinations(_ family: IPFamily) -> Set<ConntrackFilter.Destination> {
        Set(
            answering.keys.filter { $0.family == family }.map { frontend in
                switch frontend.destination {
                case .address(let address): .init(frontend.proto, frontend.port, address: address)
                case .nodePort: .init(frontend.proto, frontend.port)
                }
            })
    }

    fileprivate func isStale(_ entry: ConntrackEntry, own: Set<IPAddress>) -> Bool {
        guard let proto = TransportProtocol(number: entry.original.proto) else { return false }
        let (original, reply) = (entry.original, entry.reply)
        return isStale(
            proto, addressed: Backend(original.destination, original.destinationPort),
            answering: Backend(reply.source, reply.sourcePort), isToNode: own.contains(original.destination))
    }
}
