import NIOCore

/// Ends a connection on which a request takes too long, however often the client sends a byte of it.
final class ConnectionDeadline: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// Sent towards the client when a request has been answered.
    enum Event { case answered }

    private let limits: HTTPLimits
    private var deadline: Scheduled<Void>?
    private var isInRequest = true

    init(_ limits: HTTPLimits) { self.limits = limits }

    func channelActive(context: ChannelHandlerContext) {
        restart(context, limits.request)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isInRequest {
            isInRequest = true
            restart(context, limits.request)
        }
        context.fireChannelRead(data)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard case .answered? = event as? Event else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        isInRequest = false
        restart(context, limits.idle)
        promise?.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func restart(_ context: ChannelHandlerContext, _ milliseconds: Int64) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
            context.close(promise: nil)
        }
    }
}
