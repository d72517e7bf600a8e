import LinuxSystem
import Logging
import NetworkTypes
import RouteNetlink
import Synchronization

extension RouteSocket {
    /// The addresses of the calling thread's network namespace, loopback's among them.
    static func ownAddresses() throws -> Set<IPAddress> {
        var socket = try RouteSocket()
        return Set(try socket.addresses().map(\.address.address))
    }
}

/// Follows the node's addresses, on a thread of its own.
final class AddressWatch: Sendable {
    private let ended = Mutex(false)
    private let flag: EventFlag

    /// Milliseconds between two readings: whoever adds a thousand links costs a thousandth of a thousand readings.
    private static let pause = 100
    private static let pauseAfterFailure = 1000

    init() throws(SystemError) { flag = try EventFlag() }

    /// Begins to follow the addresses of the calling thread's namespace.
    ///
    /// - Parameter changed: told of all addresses at first and after each change, also one that left them the same.
    func start(_ logger: Logger, _ changed: @escaping @Sendable (Set<IPAddress>) -> Void) throws(SystemError) {
        try DedicatedThread.start("addresses") { [self] in
            while !ended.withLock(\.self) {
                do {
                    try follow(changed)
                } catch {
                    logger.warning("the node's addresses cannot be read; tried again", metadata: ["reason": "\(error)"])
                    _ = flag.wait(timeout: Self.pauseAfterFailure)
                }
            }
        }
    }

    func stop() {
        ended.withLock { $0 = true }
        flag.raise()
    }

    private func follow(_ changed: (Set<IPAddress>) -> Void) throws {
        let monitor = try RouteMonitor([.addresses])
        while !ended.withLock(\.self) {
            changed(try RouteSocket.ownAddresses())
            _ = flag.wait(or: monitor.rawValue, timeout: nil)
            Pause.milliseconds(ended.withLock(\.self) ? 0 : Self.pause)
            _ = try monitor.read()
        }
    }
}
