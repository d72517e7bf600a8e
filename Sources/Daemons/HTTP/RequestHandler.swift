import LinuxSystem
import NIOCore
import NIOHTTP1

/// Answers the requests of one connection.
///
/// A request is answered when all of it is there. One that waits for leave to send its body (RFC 9110, 10.1.1) is
/// answered at once and gets none.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let listener: Listener
    private let bodyLimit: Int
    private var head: HTTPRequestHead?
    private var bodyBytes = 0

    init(_ listener: Listener, bodyLimit: Int) {
        self.listener = listener
        self.bodyLimit = bodyLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            bodyBytes = 0
            if head.headers.contains(name: "expect") { answer(context, isLast: true) }
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > bodyLimit {
                answer(context, isLast: true, with: .now(HTTPResponse(status: 413, [], body: "")))
            }
        case .end: answer(context, isLast: false)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// - Parameter isLast: the connection ends with this answer, because the rest of the request is not read.
    private func answer(_ context: ChannelHandlerContext, isLast: Bool, with own: HTTPAnswer? = nil) {
        guard let head else { return }
        self.head = nil
        guard let respond = listener.responder else {
            context.close(promise: nil)
            return
        }
        let path = head.uri.prefix { $0 != "?" }
        let staysOpen = head.isKeepAlive && !isLast
        switch own ?? respond(HTTPRequest(method: head.method.rawValue, path: String(path))) {
        case .now(let response): send(response, to: head, context, staysOpen: staysOpen)
        case .later(let begin):
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let loop = context.eventLoop
            begin { response in
                loop.execute { bound.value.0.send(response, to: head, bound.value.1, staysOpen: staysOpen) }
            }
        }
    }

    private func send(
        _ response: HTTPResponse, to head: HTTPRequestHead, _ context: ChannelHandlerContext, staysOpen: Bool
    ) {
        guard context.channel.isActive else { return }
        var headers = HTTPHeaders(response.fields.map { ($0.name, $0.value) })
        headers.add(name: "Date", value: WallClock.now(as: "%a, %d %b %Y %H:%M:%S GMT"))
        headers.add(name: "Content-Length", value: "\(response.body.utf8.count)")
        if !staysOpen {
            headers.add(name: "Connection", value: "close")
        } else if head.version == .http1_0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        let status = HTTPResponseStatus(statusCode: response.status)
        let responseHead = HTTPResponseHead(version: head.version, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        if head.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: response.body)))), promise: nil)
        }
        context.triggerUserOutboundEvent(ConnectionDeadline.Event.answered, promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        if !staysOpen {
            written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
        // Who asks and asks and never reads the answers would fill memory with them.
        if !context.channel.isWritable { context.close(promise: nil) }
    }
}
