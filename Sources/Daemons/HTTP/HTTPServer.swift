package import LinuxSystem
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NetworkTypes
import Synchronization

/// A small HTTP/1.1 server for probes: any number of endpoints, one thread for all of them.
///
/// What is wanted is said from any thread and done on the server's own. An endpoint whose address or port cannot be had
/// is tried again until it can, or until nobody wants it any more.
package final class HTTPServer: Sendable {
    /// Answers a request on the server's thread: it must not wait for anything.
    package typealias Responder = @Sendable (HTTPRequest) -> HTTPAnswer

    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>
    private let isShutDown = Mutex(false)
    private let limits: HTTPLimits
    private let logger: Logger

    private struct State {
        var listeners: [HTTPEndpoint: Listener] = [:]
        let connections: ConnectionTable
        var retry: Scheduled<Void>?
    }

    /// Milliseconds between two attempts to listen.
    private static let retryPause: Int64 = 5000

    /// Starts the server's thread; it listens nowhere yet.
    ///
    /// - Parameter logger: told when an endpoint cannot be had, once for each time that it is wanted anew.
    package init(limits: HTTPLimits = HTTPLimits(), _ logger: Logger) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.next()
        state = .makeBoxSendingValue(State(connections: ConnectionTable(limit: limits.connections)), eventLoop: loop)
        self.limits = limits
        self.logger = logger
    }

    /// Listens at an endpoint from now on, or answers otherwise there.
    ///
    /// - Parameters:
    ///   - purpose: what the log calls it.
    ///   - failed: called on the server's thread at the first attempt that fails; nil where it is only logged.
    package func serve(
        _ endpoint: HTTPEndpoint, _ purpose: String, failed: (@Sendable (Errno) -> Void)? = nil,
        _ responder: @escaping Responder
    ) {
        perform { self.set(endpoint, purpose, failed, responder) }
    }

    /// Listens there no longer, and ends what is open; nothing happens where it did not listen.
    package func end(_ endpoint: HTTPEndpoint) {
        perform { self.state.value.listeners.removeValue(forKey: endpoint)?.close() }
    }

    /// Tries again at once where an address or a port could not be had.
    package func retry() { perform { self.listenWhereMissing() } }

    /// Closes everything and ends the thread; it returns when nothing is open any more.
    ///
    /// Whatever is asked for later is not done.
    package func shutDown() async {
        let isFirst = isShutDown.withLock { isShutDown in
            defer { isShutDown = true }
            return !isShutDown
        }
        guard isFirst else { return }
        try? await loop.submit { self.closeAll() }.get()
        try? await group.shutdownGracefully()
    }

    /// The thread takes nothing any more once it has ended.
    private func perform(_ body: @escaping @Sendable () -> Void) {
        isShutDown.withLock { if !$0 { loop.execute(body) } }
    }

    // MARK: on the server's thread

    private func set(
        _ endpoint: HTTPEndpoint, _ purpose: String, _ failed: (@Sendable (Errno) -> Void)?,
        _ responder: @escaping Responder
    ) {
        if let listener = state.value.listeners[endpoint] {
            listener.purpose = purpose
            listener.failed = failed
            listener.responder = responder
        } else {
            let listener = Listener(endpoint, purpose, responder)
            listener.failed = failed
            state.value.listeners[endpoint] = listener
            listen(listener)
        }
    }

    private func closeAll() {
        state.value.retry?.cancel()
        for listener in state.value.listeners.values { listener.close() }
        state.value.listeners = [:]
        state.value.connections.closeAll()
    }

    private func listenWhereMissing() {
        state.value.retry?.cancel()
        state.value.retry = nil
        for listener in state.value.listeners.values where listener.channel == nil && !listener.isTrying {
            listen(listener)
        }
    }

    private func listen(_ listener: Listener) {
        listener.isTrying = true
        let bound = NIOLoopBound(listener, eventLoop: loop)
        let (limits, connections) = (limits, NIOLoopBound(state.value.connections, eventLoop: loop))
        let bootstrap = ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.value.add(channel)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(ConnectionDeadline(limits))
                    try pipeline.configureHTTPServerPipeline(
                        withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits.ofDecoder)
                    try pipeline.addHandler(RequestHandler(bound.value, bodyLimit: limits.body))
                }
            }
        do {
            let address = try SocketAddress(
                ipAddress: "\(listener.endpoint.address)", port: Int(listener.endpoint.port))
            let isIPv6 = listener.endpoint.address.family == .ipv6
            let future = (isIPv6 ? bootstrap.serverChannelOption(.onlyIPv6, value: 1) : bootstrap).bind(to: address)
            future.assumeIsolated().whenComplete { self.take($0, for: listener) }
        } catch {
            failed(listener, .invalid)
        }
    }

    private func take(_ result: Result<any Channel, any Error>, for listener: Listener) {
        listener.isTrying = false
        switch result {
        case .success(let channel):
            // Nobody may want it any more by now.
            guard state.value.listeners[listener.endpoint] === listener, listener.channel == nil else {
                channel.close(promise: nil)
                return
            }
            listener.channel = channel
            // Some errors of accept(2) make the channel close itself.
            channel.closeFuture.assumeIsolated().whenComplete { _ in self.noteClosed(channel, of: listener) }
            if listener.isFailureTold {
                logger.notice(
                    "listening now", metadata: ["address": "\(listener.endpoint)", "for": "\(listener.purpose)"])
            }
        case .failure(let error):
            let errno = (error as? IOError).map { Errno(rawValue: $0.errnoCode) } ?? .invalid
            failed(listener, errno)
        }
    }

    private func noteClosed(_ channel: any Channel, of listener: Listener) {
        guard listener.channel === channel else { return }
        listener.channel = nil
        listener.isFailureTold = false
        failed(listener, .interrupted)
    }

    private func failed(_ listener: Listener, _ reason: Errno) {
        listener.isTrying = false
        guard state.value.listeners[listener.endpoint] === listener else { return }
        if !listener.isFailureTold {
            logger.warning(
                "cannot listen; tried again until it works",
                metadata: [
                    "address": "\(listener.endpoint)", "for": "\(listener.purpose)", "reason": "\(reason)",
                ])
            listener.failed?(reason)
        }
        listener.isFailureTold = true
        if state.value.retry == nil {
            state.value.retry = loop.scheduleTask(in: .milliseconds(Self.retryPause)) { self.listenWhereMissing() }
        }
    }
}

/// One endpoint that is wanted; it belongs to the server's thread.
final class Listener {
    let endpoint: HTTPEndpoint
    var purpose: String
    /// Nil when nobody wants it any more: connections that are open end with the next request.
    var responder: HTTPServer.Responder?
    /// Nil while it cannot be had.
    var channel: (any Channel)?
    /// An attempt is under way, which another one would find in its way.
    var isTrying = false
    var isFailureTold = false
    var failed: (@Sendable (Errno) -> Void)?

    init(_ endpoint: HTTPEndpoint, _ purpose: String, _ responder: @escaping HTTPServer.Responder) {
        self.endpoint = endpoint
        self.purpose = purpose
        self.responder = responder
    }

    func close() {
        let open = channel
        (responder, channel) = (nil, nil)
        open?.close(promise: nil)
    }
}

extension HTTPLimits {
    /// NIO's own are two megabytes a head.
    fileprivate var ofDecoder: NIOHTTPDecoderLimitConfiguration {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderListSize = head
        configuration.maxHeaderFieldSize = field
        configuration.maxHeaderFieldCount = fields
        return configuration
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    /// An IPv6 socket takes no IPv4 connections.
    fileprivate static var onlyIPv6: Self { .init(level: .ipv6, name: .ipv6_v6only) }
}
