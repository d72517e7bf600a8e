import KubeModel
import LinuxSystem
import Synchronization

/// Where what servers tell waits for the one who takes it, so that no reading of a socket ever waits for that one: a server
/// drops a slow reader without a sign.
///
/// It is bounded by the number of objects: of each only the last change is kept.
final class Delivery: Sendable {
    fileprivate struct State {
        /// In their order; of one object perhaps several.
        var changes: [ObjectChange] = []
        /// How many there were when of each object only the last was kept.
        var countWhenFolded = 0
        var isSynchronized: [ObjectID.Kind: Bool]
        var unusable: [ObjectID.Kind: Set<ObjectID>] = [:]
        var isDue = false
        var isClosed = false
    }

    private static let fewChanges = 1024

    private let state: Mutex<State>
    private let flag: EventFlag

    /// - Parameter kinds: all of which have to be synchronized before the content is complete.
    init(_ kinds: [ObjectID.Kind]) throws(SystemError) {
        state = Mutex(State(isSynchronized: Dictionary(uniqueKeysWithValues: kinds.map { ($0, false) })))
        flag = try EventFlag()
    }

    /// Leaves what happened to objects of one kind.
    func put(_ changes: [ObjectChange], _ kind: ObjectID.Kind, isSynchronized: Bool, unusable: Set<ObjectID>) {
        let isDue = state.withLock { state in
            if !changes.isEmpty {
                state.changes += changes
                if state.changes.count > 2 * max(Self.fewChanges, state.countWhenFolded) {
                    state.changes = ObjectChange.lastOfEach(state.changes)
                    state.countWhenFolded = state.changes.count
                }
                state.isDue = true
            }
            if state.isSynchronized[kind] != isSynchronized || (state.unusable[kind] ?? []) != unusable {
                state.isSynchronized[kind] = isSynchronized
                state.unusable[kind] = unusable
                state.isDue = true
            }
            return state.isDue
        }
        if isDue { flag.raise() }
    }

    /// Ends the deliveries.
    func close() {
        state.withLock { $0.isClosed = true }
        flag.raise()
    }

    /// Waits for changes and takes all of them; nil after the close.
    func take() -> SourceUpdate? {
        while true {
            let taken = state.withLock { $0.take() }
            if taken.update != nil || taken.isClosed { return taken.update }
            _ = flag.wait(timeout: nil)
            flag.lower()
        }
    }
}

extension Delivery.State {
    fileprivate mutating func take() -> (update: SourceUpdate?, isClosed: Bool) {
        guard isDue, !isClosed else { return (nil, isClosed) }
        let unreadable = unusable.values.reduce(into: Set<ObjectID>()) { $0.formUnion($1) }
        defer { (changes, countWhenFolded, isDue) = ([], 0, false) }
        return (
            SourceUpdate(
                changes: ObjectChange.lastOfEach(changes), complete: isSynchronized.values.allSatisfy(\.self),
                unreadable: unreadable.count, unreadableObjects: unreadable), false
        )
    }
}
