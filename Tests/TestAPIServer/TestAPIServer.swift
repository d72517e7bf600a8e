package import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
package import TestSupport

/// A server of HTTP/1.1 over TLS on loopback that answers as a test says, byte by byte where it has to.
package final class TestAPIServer: Sendable {
    /// Answers one request; whatever it throws ends the connection.
    package typealias Answering = @Sendable (Request, Response) async throws -> Void

    package struct Request: Sendable {
        package let method: String
        /// From the path on, with the query.
        package let target: String
        package let headers: [String: String]
        package fileprivate(set) var body = ""

        package var path: Substring { target.prefix { $0 != "?" } }

        /// The value of a parameter as it was sent; nil where there is none.
        package func parameter(_ name: String) -> Substring? {
            for pair in target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
                let key = pair.prefix { $0 != "=" }
                if key == name { return pair[key.endIndex...].dropFirst() }
            }
            return nil
        }
    }

    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let accepting: Task<Void, Never>
    private let connections: Connections
    private let isStopped = Atomic(false)

    /// The port on 127.0.0.1.
    package let port: Int

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - identity: nil for plain HTTP.
    ///   - namespace: the network namespace whose loopback it listens on; nil for the test's own.
    package convenience init(
        port: Int = 0, _ identity: TestIdentity?, in namespace: NetNS? = nil, answering: @escaping Answering
    ) async throws {
        try await self.init(
            port: port, identity, entering: { bind in try namespace.map { try $0.perform(bind) } ?? bind() },
            answering: answering)
    }

    /// Begins to ask for a socket; it belongs to the namespace of the thread that does so.
    package typealias Binding = @Sendable () -> EventLoopFuture<any Channel>

    /// - Parameter enter: calls what it is given on a thread in the network namespace whose loopback it is to listen on.
    package init(
        port: Int = 0, _ identity: TestIdentity?,
        entering enter: @Sendable (@escaping Binding) throws -> EventLoopFuture<any Channel>,
        answering: @escaping Answering
    ) async throws {
        let context = try identity.map { try NIOSSLContext(configuration: $0.serverConfiguration()) }
        let (taken, take) = AsyncStream.makeStream(of: NIOAsyncChannel<ByteBuffer, ByteBuffer>.self)
        let open = Connections()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bind: Binding = {
            ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let context {
                            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                        }
                        open.add(channel)
                        take.yield(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                    }
                }
                .bind(host: "127.0.0.1", port: port)
        }
        let server = try enter(bind)
        self.group = group
        channel = try await server.get()
        self.port = channel.localAddress?.port ?? 0
        connections = open
        accepting = Task {
            await withDiscardingTaskGroup { group in
                for await connection in taken {
                    group.addTask { try? await Self.serve(connection, answering) }
                }
            }
        }
    }

    /// How many connections were taken, whatever became of them.
    package var connectionCount: Int { connections.count }

    /// Breaks all connections, as when a server is killed; new ones are taken.
    package func cutAll() async { await connections.cutAll() }

    /// Ends it, with all connections; a second time does nothing.
    package func stop() async {
        guard isStopped.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        accepting.cancel()
        try? await channel.close()
        await cutAll()
        await accepting.value
        try? await group.shutdownGracefully()
    }

    private static func serve(
        _ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ answering: @escaping Answering
    ) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var text = ""
            for try await buffer in inbound {
                text += String(buffer: buffer)
                while let end = text.firstRange(of: "\r\n\r\n") {
                    var request = Request(String(text[..<end.lowerBound]))
                    let rest = text[end.upperBound...].utf8
                    let length = request.headers["content-length"].flatMap { Int($0) } ?? 0
                    guard rest.count >= length else { break }
                    request.body = String(decoding: rest.prefix(length), as: UTF8.self)
                    text = String(decoding: rest.dropFirst(length), as: UTF8.self)
                    let response = Response(outbound, connection.channel)
                    try await answering(request, response)
                    if response.isLast { return }
                }
            }
        }
    }
}

extension TestAPIServer.Request {
    fileprivate init(_ head: String) {
        let lines = head.split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        method = words.first.map(String.init) ?? ""
        target = words.count > 1 ? String(words[1]) : ""
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let name = line.prefix { $0 != ":" }
            headers[name.lowercased()] = String(line[name.endIndex...].dropFirst().drop { $0 == " " })
        }
        self.headers = headers
    }
}

/// The connections that were taken.
private final class Connections: Sendable {
    private let channels = Mutex<[any Channel]>([])
    private let taken = Atomic(0)

    var count: Int { taken.load(ordering: .relaxed) }

    func add(_ channel: any Channel) {
        taken.add(1, ordering: .relaxed)
        channels.withLock { $0.append(channel) }
        channel.closeFuture.whenComplete { _ in self.channels.withLock { $0.removeAll { $0 === channel } } }
    }

    func cutAll() async {
        for channel in channels.withLock({ $0 }) { try? await channel.cut() }
    }
}

extension Channel {
    /// Ends the connection without TLS's goodbye.
    func cut() async throws {
        try await eventLoop.submit {
            // From below TLS, which would say it.
            if let tls = try? self.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
                tls.close(mode: .all, promise: nil)
            } else {
                self.close(mode: .all, promise: nil)
            }
        }.get()
    }
}
