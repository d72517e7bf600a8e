import AsyncHTTPClient
import KubeModel
import Logging
import NIOCore
import NIOHTTP1

/// Carries out what a follower asks for, over and over.
actor Follow {
    /// In bytes; a page has 500 objects, an old server's list all of them.
    private static let largestList = 512 << 20
    private static let largestStatus = 64 << 10
    /// How much longer than the server was asked for an answer may take, in seconds.
    private static let grace = 15

    private let resource: Resource
    private let server: APIServer
    private let delivery: Delivery
    private let history: SharedHistory
    /// The store's turns that the follower knows of.
    private var turns = 0
    private let logger: Logger
    private var follower: Follower
    /// What was last complained about, and when: a server that is away for an hour is not told of a hundred times.
    private var complaint: (text: String, time: ContinuousClock.Instant)?

    init(
        _ resource: Resource, _ server: APIServer, _ delivery: Delivery, _ history: SharedHistory, _ logger: Logger
    ) {
        self.history = history
        self.resource = resource
        self.server = server
        self.delivery = delivery
        self.logger = logger
        follower = Follower(resource.kind, isOptional: resource.isOptional)
    }

    /// Goes on until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            takeTurns()
            var step = follower.next()
            if step.delay > 0 {
                try? await Task.sleep(for: .milliseconds(step.delay))
                // What was right to ask before may be about another store's versions by now.
                if takeTurns() { step = follower.next() }
            }
            if Task.isCancelled { return }
            await perform(step)
            deliver([])
        }
    }

    /// Takes note that the store was put back, as another kind found.
    @discardableResult
    private func takeTurns() -> Bool {
        let known = history.current.turns
        guard turns != known else { return false }
        turns = known
        follower.distrust()
        return true
    }

    /// One exchange, which nothing on the other side can make longer than it was meant to be.
    private func perform(_ step: FollowStep) async {
        let exchange = Task { await self.exchange(step) }
        let watchdog = Task {
            try await Task.sleep(for: .seconds(step.seconds + Self.grace))
            exchange.cancel()
        }
        await withTaskCancellationHandler {
            await exchange.value
        } onCancel: {
            exchange.cancel()
        }
        watchdog.cancel()
    }

    private func exchange(_ step: FollowStep) async {
        let start = ContinuousClock.now
        // Before the question: what others hear meanwhile may be newer than the answer.
        let before = history.current
        do {
            let target = resource.target(of: step, limit: follower.limit, witness: follower.witness?.id)
            let answer = try await server.get(target, within: .seconds(step.seconds + Self.grace))
            let type = answer.headers.first(name: "content-type") ?? ""
            guard answer.status == .ok else {
                let body = try await answer.body.collect(upTo: Self.largestStatus)
                let changes = follower.refuse(
                    APIStatus(code: Int(answer.status.code), contentType: type, body: Array(body.readableBytesView)),
                    retryAfter: answer.headers.first(name: "retry-after").flatMap { Int($0) }, for: step.request)
                return deliver(changes)
            }
            guard let encoding = APIEncoding(contentType: type) else {
                throw APIDecodingError("an answer of the type \"\(type.prefix(80))\", which no API server gives")
            }
            if step.request.isWatch {
                guard try await watch(answer.body, encoding, step) else { return }
                let isOnTime = ContinuousClock.now - start >= .seconds(step.seconds - 1)
                follower.end(.clean, isOnTime: isOnTime, for: step.request)
            } else {
                let body = try await answer.body.collect(upTo: Self.largestList)
                take(
                    try ListPage(Array(body.readableBytesView), encoding, of: resource.kind), for: step.request, before)
                follower.end(.clean, for: step.request)
            }
            complaint = nil
        } catch {
            if Task.isCancelled && ContinuousClock.now - start < .seconds(step.seconds) { return }
            complain(of: error)
            let isOnTime = ContinuousClock.now - start >= .seconds(step.seconds - 1)
            follower.end(error is APIDecodingError ? .unreadable : .lost, isOnTime: isOnTime, for: step.request)
        }
    }

    private func take(_ page: ListPage, for request: FollowRequest, _ before: StoreHistory) {
        guard request == .probe else { return deliver(follower.take(page, for: request)) }
        if follower.take(probe: page, highest: before.highest?.text), let now = ResourceVersion(page.resourceVersion) {
            turns = history.turn(from: before.turns, to: now)
        }
        deliver([])
    }

    /// - Returns: false where the server ended the watch with an error.
    private func watch(
        _ body: HTTPClientResponse.Body, _ encoding: APIEncoding, _ step: FollowStep
    ) async throws -> Bool {
        var frames = WatchFrames(encoding)
        for try await chunk in body {
            frames.append(chunk.readableBytesView)
            var changes: [ObjectChange] = []
            // What was taken before something that cannot be read is not told again.
            defer { deliver(changes) }
            while let frame = try frames.next() {
                let event = try WatchEvent(frame, encoding, of: resource.kind)
                guard let new = follower.take(event, for: step.request) else { return false }
                changes += new
            }
        }
        if frames.hasRest { throw APIDecodingError("a watch that ends in the middle of an event") }
        return true
    }

    private func deliver(_ changes: [ObjectChange]) {
        if let version = follower.version { history.note(version, since: turns) }
        for note in follower.takeNotes() {
            if case .refused(let status) = note {
                complain("\(status)") { note.log(of: resource.kind, by: logger) }
            } else {
                note.log(of: resource.kind, by: logger)
            }
        }
        delivery.put(
            changes, resource.kind, isSynchronized: follower.isSynchronized, unusable: follower.unusable)
    }

    private func complain(of error: any Error) {
        complain("\(error)") {
            logger.error(
                "no answer from the API server; what is known stays in force",
                metadata: [
                    "kind": "\(resource.kind.rawValue)", "server": "\(server)", "reason": "\(server.words(for: error))",
                ])
        }
    }

    private func complain(_ text: String, _ say: () -> Void) {
        let now = ContinuousClock.now
        if let complaint, complaint.text == text, now - complaint.time < .seconds(60) { return }
        complaint = (text, now)
        say()
    }
}
