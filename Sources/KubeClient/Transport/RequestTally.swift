import Synchronization

/// How often an API server was asked, and how it answered.
package final class RequestTally: Sendable {
    package struct Key: Sendable, Hashable, Comparable {
        package let method: String
        /// The status, or `<error>` where there was no answer, as client-go counts it.
        package let code: String

        package static func < (a: Key, b: Key) -> Bool { (a.method, a.code) < (b.method, b.code) }
    }

    /// `address:port` of the server.
    package let host: String
    private let counts = Mutex<[Key: Int]>([:])

    package init(of access: ClusterAccess) {
        host = "\(ServerURL.written(access.server.host)):\(access.server.port)"
    }

    package var current: [Key: Int] { counts.withLock(\.self) }

    func note(_ method: String, _ status: UInt?) {
        let key = Key(method: method, code: status.map { "\($0)" } ?? "<error>")
        counts.withLock { $0[key, default: 0] += 1 }
    }
}
