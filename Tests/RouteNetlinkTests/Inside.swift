import LinuxSystem
import RouteNetlink
import TestSupport

/// Runs a body with a socket of a namespace.
func inside<T: Sendable>(
    _ namespace: NetNS, _ body: @escaping @Sendable (inout RouteSocket) throws(NetlinkError) -> T
) throws -> T {
    try namespace.perform { () throws(SystemError) -> Result<T, NetlinkError> in
        var socket = try RouteSocket()
        do throws(NetlinkError) { return .success(try body(&socket)) } catch { return .failure(error) }
    }.get()
}
