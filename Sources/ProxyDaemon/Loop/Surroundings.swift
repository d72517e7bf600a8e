package import Daemons
package import Logging

/// Who hears of what the dataplane does, and does the rest on threads of their own.
package struct Surroundings: Sendable {
    package let flows: any FlowCleaning
    package let health: any HealthChecking
    package let firewalls: any FirewallWatching
    package let board: StatusBoard
    package let metrics: MetricsBoard
    package let logger: Logger

    package init(
        flows: any FlowCleaning, health: any HealthChecking, firewalls: any FirewallWatching, board: StatusBoard,
        metrics: MetricsBoard = MetricsBoard(), logger: Logger
    ) {
        self.flows = flows
        self.health = health
        self.firewalls = firewalls
        self.board = board
        self.metrics = metrics
        self.logger = logger
    }
}
