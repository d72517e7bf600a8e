import NIOCore
import Synchronization

extension TestAPIServer {
    /// What goes back for one request.
    package final class Response: Sendable {
        private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private let channel: any Channel
        private let last = Atomic(false)

        init(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ channel: any Channel) {
            self.outbound = outbound
            self.channel = channel
        }

        /// The connection ends with this response.
        var isLast: Bool { last.load(ordering: .relaxed) }

        /// Bytes as they are.
        package func send(_ bytes: some Sequence<UInt8>) async throws {
            try await outbound.write(ByteBuffer(bytes: Array(bytes)))
        }

        /// The head of an answer whose body comes in chunks.
        package func begin(_ code: Int = 200, type: String = "application/json") async throws {
            try await send(
                "HTTP/1.1 \(code) X\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        }

        package func chunk(_ bytes: some Collection<UInt8>) async throws {
            try await send(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8))
        }

        package func chunk(_ text: String) async throws { try await chunk(Array(text.utf8)) }

        /// The end of an answer in chunks; the connection stays.
        package func end() async throws { try await send("0\r\n\r\n".utf8) }

        /// A whole answer.
        package func answer(
            _ code: Int = 200, type: String = "application/json", headers: String = "", _ body: some Collection<UInt8>
        ) async throws {
            let head = "HTTP/1.1 \(code) X\r\nContent-Type: \(type)\r\n\(headers)Content-Length: \(body.count)\r\n\r\n"
            try await send(Array(head.utf8) + body)
        }

        package func answer(_ code: Int = 200, _ text: String) async throws { try await answer(code, text.utf8) }

        /// Closes the connection, with TLS's own goodbye.
        package func close() { last.store(true, ordering: .relaxed) }

        /// Breaks the connection, as a server does that is killed: without TLS's goodbye.
        package func reset() async throws {
            last.store(true, ordering: .relaxed)
            try await channel.cut()
        }
    }
}
