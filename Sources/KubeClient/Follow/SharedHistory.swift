import Synchronization

/// One store's history, for all who follow kinds of its objects.
final class SharedHistory: Sendable {
    private let history = Mutex(StoreHistory())

    var current: StoreHistory { history.withLock { $0 } }

    func note(_ version: ResourceVersion) { history.withLock { $0.note(version) } }

    /// - Returns: the number of turns, with this one.
    func turn(to version: ResourceVersion) -> Int {
        history.withLock { history in
            history.turn(to: version)
            return history.turns
        }
    }
}
