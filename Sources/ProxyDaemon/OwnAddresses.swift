import NetworkTypes
import RouteNetlink

extension RouteSocket {
    /// The addresses of the calling thread's network namespace, loopback's among them.
    static func ownAddresses() throws -> Set<IPAddress> {
        var socket = try RouteSocket()
        return Set(try socket.addresses().map(\.address.address))
    }
}
