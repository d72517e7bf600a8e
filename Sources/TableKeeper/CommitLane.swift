package import LinuxSystem
import NFTables
import Synchronization

/// What came of transactions that were committed one after the other.
package struct CommitRun: Sendable {
    /// How many the kernel took.
    package var commits = 0
    /// The namespace's generation after the last of them; nil where it is not known.
    package var generation: UInt32?
    /// Somebody else has committed in between: the rest was left.
    package var isOvertaken = false
    /// What the kernel refused; the rest was left.
    package var failure: NetlinkError?

    package init(generation: UInt32?) { self.generation = generation }

    var isOver: Bool { isOvertaken || failure != nil }

    /// Commits one more, and takes note of what came of it.
    mutating func take(_ outcome: Result<UInt32?, NetlinkError>) {
        switch outcome {
        case .success(let next):
            isOvertaken = generation != nil && next == nil
            if isOvertaken { return }
            generation = next
            commits += 1
        case .failure(let error): failure = error
        }
    }
}

/// Commits transactions on a thread of its own while the next ones are made: the kernel works in `sendmsg`, on the sender's
/// time.
///
/// At most one waits.
final class CommitLane: Sendable {
    private struct State {
        var waiting: Transaction?
        var isClosed = false
        /// The thread has ended, and the connection is free.
        var isDone = false
        var run: CommitRun
    }

    private let state: Mutex<State>
    private let connection: Mutex<NFTConnection?>
    /// Raised for the thread: there is a transaction, or there will be none.
    private let work: EventFlag
    /// Raised for the maker: there is room for one, or there will be no more.
    private let room: EventFlag

    init(_ connection: consuming NFTConnection, generation: UInt32?) throws(SystemError) {
        state = Mutex(State(run: CommitRun(generation: generation)))
        self.connection = Mutex(consume connection)
        work = try EventFlag()
        room = try EventFlag()
    }

    // MARK: the maker

    /// Hands over the next transaction, as soon as there is room for one.
    ///
    /// - Returns: false where no more is taken.
    func put(_ transaction: Transaction) -> Bool {
        while true {
            let isTaken: Bool? = state.withLock { state in
                if state.run.isOver { return false }
                guard state.waiting == nil else { return nil }
                state.waiting = transaction
                return true
            }
            if let isTaken {
                work.raise()
                return isTaken
            }
            _ = room.wait(timeout: nil)
            room.lower()
        }
    }

    /// Waits until all are committed, or no more is taken.
    func finish() -> CommitRun {
        state.withLock { $0.isClosed = true }
        work.raise()
        while !state.withLock(\.isDone) {
            _ = room.wait(timeout: nil)
            room.lower()
        }
        return state.withLock(\.run)
    }

    /// Gives the connection back, once.
    func takeConnection() -> NFTConnection? { connection.withLock { $0.take() } }

    // MARK: the thread

    func commitAll() {
        while let (transaction, generation) = nextTransaction() {
            let outcome: Result<UInt32?, NetlinkError> = connection.withLock { connection in
                do throws(NetlinkError) {
                    guard let generation else {
                        try connection?.commit(transaction)
                        return .success(nil)
                    }
                    return .success(try connection?.commit(transaction, ifGeneration: generation))
                } catch {
                    return .failure(error)
                }
            }
            state.withLock { $0.run.take(outcome) }
            room.raise()
        }
        state.withLock { $0.isDone = true }
        room.raise()
    }

    private func nextTransaction() -> (Transaction, UInt32?)? {
        while true {
            let (next, isEnd) = state.withLock { state -> ((Transaction, UInt32?)?, Bool) in
                if state.run.isOver { return (nil, true) }
                guard let transaction = state.waiting else { return (nil, state.isClosed) }
                state.waiting = nil
                return ((transaction, state.run.generation), false)
            }
            if let next {
                room.raise()
                return next
            }
            if isEnd { return nil }
            _ = work.wait(timeout: nil)
            work.lower()
        }
    }
}
