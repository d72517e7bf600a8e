/// What to ask an API server for next.
package enum FollowRequest: Sendable, Hashable {
    /// A watch that begins with all objects (`sendInitialEvents`) and says when they were all.
    case watchList
    /// A page of a list; nil for the first.
    case list(next: String?)
    /// A watch behind a version.
    case watch(from: String)
    /// The cheapest list there is, for its version, and for the one object that proves the store's history: a server whose store
    /// was put back to an older state answers a watch with silence.
    case probe

    package var isWatch: Bool {
        switch self {
        case .watchList, .watch: true
        case .list, .probe: false
        }
    }
}

/// A request and how long to wait before it.
package struct FollowStep: Sendable, Hashable {
    package var request: FollowRequest
    /// In milliseconds.
    package var delay: Int
    /// Until when the server ends the answer by itself, in seconds: `timeoutSeconds` of a watch, `timeout` of a list.
    package var seconds: Int

    package init(request: FollowRequest, delay: Int, seconds: Int) {
        self.request = request
        self.delay = delay
        self.seconds = seconds
    }
}

/// How the exchange with a server ended.
package enum FollowEnd: Sendable, Hashable {
    /// The whole answer came.
    case clean
    /// The connection could not be made, or broke.
    case lost
    /// Bytes that are not what they are said to be.
    case unreadable
}
