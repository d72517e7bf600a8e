import Glibc
import NIOCore

/// A peer that is gone without a word: the kernel asks it after a while, and ends the connection within 30 s.
enum HalfOpen {
    static func notice(on channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        // In seconds: from the last word, and between questions.
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 10)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 5)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
        // In milliseconds: how long what was sent may stay without an answer.
        try options.setOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: 25_000)
    }
}
