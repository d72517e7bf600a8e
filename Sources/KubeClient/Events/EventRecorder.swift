import AsyncHTTPClient
import LinuxSystem
package import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends Events to an API server, each a few times at most: nothing waits for them, and nothing depends on them.
package final class EventRecorder: Sendable {
    private let access: ClusterAccess
    private let tally: RequestTally
    private let controller: (name: String, node: String)
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var server: APIServer?
        var sending: [Int: Task<Void, Never>] = [:]
        var count = 0
        var isOver = false
    }

    /// Events that are under way at most; one more is dropped.
    private static let limit = 32
    private static let attempts = 5
    /// Seconds that a server is given.
    private static let patience = 15

    /// - Parameters:
    ///   - name: of the program.
    ///   - node: where it runs.
    package init(_ access: ClusterAccess, _ tally: RequestTally, name: String, node: String, _ logger: Logger) {
        self.access = access
        self.tally = tally
        controller = (name, node)
        self.logger = logger
    }

    /// Begins to send one, and returns at once.
    package func record(_ event: ClusterEvent) {
        state.withLock { state in
            guard !state.isOver, state.sending.count < Self.limit else { return }
            // One that cannot be had is named by whoever asks for objects.
            guard let server = state.server ?? (try? APIServer(access, tally)) else { return }
            state.server = server
            state.count += 1
            let number = state.count
            state.sending[number] = Task {
                await self.send(event, to: server)
                self.state.withLock { $0.sending[number] = nil }
            }
        }
    }

    /// Ends what is under way.
    package func stop() async {
        let (server, sending) = state.withLock { state in
            state.isOver = true
            defer { state.server = nil }
            return (state.server, state.sending.values.map(\.self))
        }
        for task in sending { task.cancel() }
        for task in sending { await task.value }
        await server?.shutDown()
    }

    private func send(_ event: ClusterEvent, to server: APIServer) async {
        var backoff = Backoff()
        let now = WallClock.nanoseconds
        // Nanoseconds alone, as client-go has it, and a name is one for each node.
        let body = event.body(
            by: controller, at: String(WallClock.text(of: now).dropLast(4)) + "Z", number: UInt64(clamping: now))
        for attempt in 1...Self.attempts {
            var reason: String
            do {
                let answer = try await server.post(event.target, body, within: .seconds(Self.patience))
                _ = try await answer.body.collect(upTo: 1 << 20)
                // It is there already where the answer to the attempt before was lost.
                if (200..<300).contains(answer.status.code) || answer.status == .conflict { return }
                reason = "\(answer.status)"
                // Asked again it would be refused again.
                if (400..<500).contains(answer.status.code), answer.status != .tooManyRequests {
                    return tell(event, reason)
                }
            } catch {
                reason = server.words(for: error)
            }
            if Task.isCancelled { return }
            if attempt == Self.attempts { return tell(event, reason) }
            let delay = backoff.delay { Int.random(in: $0) }
            try? await Task.sleep(for: .milliseconds(delay))
        }
    }

    private func tell(_ event: ClusterEvent, _ reason: String) {
        logger.notice(
            "an Event could not be sent", metadata: ["event": "\(event.reason)", "reason": "\(reason)"])
    }
}
