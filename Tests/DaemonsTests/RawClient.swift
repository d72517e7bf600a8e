import Daemons
import NIOCore
import NIOPosix

/// A client that sends bytes as they are and says what came back until the server ended the connection.
struct RawClient {
    let endpoint: HTTPEndpoint

    init(_ endpoint: HTTPEndpoint) { self.endpoint = endpoint }

    /// Sends pieces with pauses between them, and reads until the server ends.
    ///
    /// - Parameter pause: before each piece but the first.
    func exchange(_ pieces: String..., pause: Duration = .zero) async throws -> String {
        try await exchange(pieces, pause: pause)
    }

    func exchange(_ pieces: [String], pause: Duration) async throws -> String {
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        let channel = try await bootstrap.connect(host: "\(endpoint.address)", port: Int(endpoint.port)) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask {
                    var text = ""
                    for try await bytes in inbound { text += String(buffer: bytes) }
                    return text
                }
                group.addTask {
                    for (index, piece) in pieces.enumerated() {
                        if index > 0 { try await Task.sleep(for: pause) }
                        // The server may have ended by now.
                        guard (try? await outbound.write(ByteBuffer(string: piece))) != nil else { break }
                    }
                    try await Task.sleep(for: .seconds(20))
                    throw RawClientFailure()
                }
                defer { group.cancelAll() }
                return try await group.next() ?? ""
            }
        }
    }
}

/// The server kept a connection open that it should have ended.
struct RawClientFailure: Error {}
