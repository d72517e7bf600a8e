import Glibc
package import LinuxSystem

/// What a connection has committed since it was opened.
package struct CommitStatistics: Sendable, Hashable {
    /// Those that the kernel took.
    package var transactions = 0
    /// Elements that those added, and deleted; verdicts and whole sets apart.
    package var addedElements = 0
    package var deletedElements = 0
    /// Transactions that failed, by the reason; one that somebody else's overtook is none.
    package var errors: [Errno: Int] = [:]

    package init() {}

    mutating func note(_ transaction: Transaction) {
        transactions += 1
        for operation in transaction.operations {
            switch operation {
            case .addElements(_, _, let elements): addedElements += elements.count
            case .deleteElements(_, _, let elements): deletedElements += elements.count
            default: break
            }
        }
    }

    mutating func note(_ error: NetlinkError) {
        if error.errno != Errno(rawValue: ERESTART) { errors[error.errno, default: 0] += 1 }
    }
}
