import KubeModel
import ManifestSource
import Synchronization
import Testing

/// What a source delivered: every update, and the objects that result.
final class Collector: Sendable {
    struct State {
        var updates: [SourceUpdate] = []
        var objects: [ObjectID: KubeObject] = [:]
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }

    func take(_ update: SourceUpdate) {
        state.withLock { state in
            state.updates.append(update)
            for change in update.changes {
                switch change {
                case .set(let object): state.objects[object.id] = object
                case .removed(let id): state.objects[id] = nil
                }
            }
        }
    }

    /// Waits until the deliveries fulfil a condition; fails the test after thirty seconds.
    func wait(_ what: String, _ condition: (State) -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if condition(current) { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record("waited in vain for \(what); objects: \(current.objects.keys), updates: \(current.updates.count)")
    }
}

extension Collector.State {
    /// The Services' names and ports, `a:80 b:81`.
    var services: String {
        objects.values.compactMap { object -> String? in
            guard case .service(let service) = object else { return nil }
            return "\(service.name.name):\(service.ports.map { String($0.port) }.joined())"
        }.sorted().joined(separator: " ")
    }

    var unreadable: Int? { updates.last?.unreadable }
}
