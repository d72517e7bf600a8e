package import Frontends

/// What carries frontends into the kernel, as the dataplane sees it: nftables, and others beside it.
///
/// It belongs to one thread.
package protocol ServiceBackend {
    /// Takes over what the kernel has; all of it is kept until it is claimed or released.
    mutating func adopt() throws(BackendError)

    /// Takes in steps from the frontends as they were to the frontends as they should be.
    mutating func apply(_ changes: [FrontendChange])

    /// Lets go of everything that was found in the kernel and that nothing has claimed since.
    mutating func release()

    /// Brings the kernel up to what was taken in; in the order of recovery where it refuses.
    ///
    /// - Parameter now: nanoseconds of a monotonic clock.
    /// - Throws: where the kernel does not have everything, and the same may work later.
    mutating func commit(now: UInt64) throws(BackendError) -> CommitReport

    /// The kernel has nothing of this backend's: whatever comes can be put in force piece by piece.
    var isNew: Bool { get }

    /// Commits piece by piece, and the kernel works on one while the next one is made.
    ///
    /// - Parameter next: steps to take in; nil where there are no more. It is called until then, whatever the kernel says.
    /// - Throws: as `commit`.
    mutating func commit(
        now: UInt64, pieces next: () -> [FrontendChange]?
    ) throws(BackendError) -> CommitReport

    /// Compares all that was committed with the kernel, and mends what somebody else changed.
    mutating func verify(now: UInt64) throws(BackendError) -> CommitReport

    /// When the next commit is due although nothing was taken in, in nanoseconds of the same clock; nil for never.
    var nextDeadline: UInt64? { get }

    /// Takes notice from now on of what others do to the kernel's state.
    ///
    /// - Returns: whether somebody may have changed it since the last commit.
    mutating func watch() throws(BackendError) -> Bool

    /// Has input when somebody may have changed the kernel's state; nil where nothing tells.
    var descriptor: Int32? { get }

    /// What somebody else has changed of the kernel's state since the last call.
    mutating func takeNotice() -> ForeignChanges

    /// How many frontends there are, and how many endpoints all of them together.
    var size: (frontends: Int, backends: Int) { get }

    /// What has been committed since the start.
    var statistics: BackendStatistics { get }
}

extension ServiceBackend {
    package var statistics: BackendStatistics { BackendStatistics() }
}

/// What a backend has done to the kernel's state since the start.
package struct BackendStatistics: Sendable, Hashable {
    /// Transactions, or files, that the kernel took.
    package var transactions = 0
    /// Parts of them that are a frontend, a backend or the like each.
    package var added = 0
    package var deleted = 0
    /// Attempts that failed, by the reason.
    package var errors: [String: Int] = [:]

    package init() {}
}

/// What somebody else may have changed.
package struct ForeignChanges: Sendable, Hashable {
    /// What this backend keeps.
    package var isOurs: Bool
    /// Rules, whoever's, which may be a firewall's.
    package var isRules: Bool

    package init(isOurs: Bool, isRules: Bool) {
        self.isOurs = isOurs
        self.isRules = isRules
    }
}

/// What a commit did.
package struct CommitReport: Sendable {
    /// Transactions, or files, that the kernel took.
    package var commits = 0
    /// What was not as it had been left, a sentence each; it is mended.
    package var damage: [String] = []
    /// Why the first attempt failed, where a later one did not.
    package var complaint: String?
    /// What the kernel refuses to take, each with the reason, and what stays as the kernel has it; nil: as before.
    package var refused: [(object: String, reason: String)]?
    /// The namespace's generation with all of it; nil where it is not known.
    package var generation: UInt32?
    /// All of what the kernel has was compared.
    package var isFull = false

    package init(
        commits: Int = 0, damage: [String] = [], refused: [(object: String, reason: String)]? = nil,
        generation: UInt32? = nil, isFull: Bool = false
    ) {
        self.isFull = isFull
        self.commits = commits
        self.damage = damage
        self.refused = refused
        self.generation = generation
    }
}

/// Why the kernel does not have what it should.
package struct BackendError: Error, CustomStringConvertible, Sendable {
    package enum Kind: Sendable {
        /// The machine is short of something, or was interrupted: the same may work a moment later.
        case temporary
        /// Refused or forbidden: the same may work when somebody has changed something.
        case refused
        /// Nothing may be touched: a later release is in charge.
        case newerFormat
    }

    package let kind: Kind
    package let description: String
    /// A right is missing.
    package let isForbidden: Bool

    package init(_ kind: Kind, _ description: String, isForbidden: Bool = false) {
        self.kind = kind
        self.description = description
        self.isForbidden = isForbidden
    }
}
