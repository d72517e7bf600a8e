import Synchronization

/// One store's history, for all who follow kinds of its objects.
final class SharedHistory: Sendable {
    private let history = Mutex(StoreHistory())

    var current: StoreHistory { history.withLock { $0 } }

    /// - Parameter turns: those that were known when the version was heard of; after another one it is no version any more.
    func note(_ version: ResourceVersion, since turns: Int) {
        history.withLock { if $0.turns == turns { $0.note(version) } }
    }

    /// Several may find the same turn.
    ///
    /// - Parameter turns: those that were known when it was found.
    /// - Returns: the number of turns, with this one.
    func turn(from turns: Int, to version: ResourceVersion) -> Int {
        history.withLock { history in
            if history.turns == turns { history.turn(to: version) }
            return history.turns
        }
    }
}
