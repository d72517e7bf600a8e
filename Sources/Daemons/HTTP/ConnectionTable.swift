import NIOCore

/// The connections of a server in the order in which they were accepted; it belongs to the server's thread.
///
/// Whoever opens many takes the place of those that he opened before, and never the server's memory.
final class ConnectionTable {
    private var channels: [any Channel] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func add(_ channel: any Channel) {
        if channels.count >= limit { channels.removeFirst().close(promise: nil) }
        channels.append(channel)
        channel.closeFuture.assumeIsolated().whenComplete { [weak self] _ in
            self?.channels.removeAll { $0 === channel }
        }
    }

    func closeAll() {
        for channel in channels { channel.close(promise: nil) }
        channels = []
    }
}
