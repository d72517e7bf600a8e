import CNIProtocol
import LinuxSystem
import RouteNetlink

/// A pod's network namespace, and a socket that acts on it.
struct Pod: ~Copyable {
    let namespace: NetworkNamespace
    var socket: RouteSocket

    /// Opens the namespace that CNI_NETNS names.
    ///
    /// - Throws: code 8 when it cannot be opened, is none, or is the host's.
    init(_ environment: PluginEnvironment, host: borrowing Host) throws(CNIError) {
        let path = environment.namespacePath
        do throws(SystemError) {
            let namespace = try NetworkNamespace(path: path)
            let isOwn = try namespace.isSame(as: host.namespace)
            guard !isOwn || environment.allowsOwnNamespace else {
                throw SystemError("it is the plugin's own namespace", .invalid)
            }
            socket = try namespace.run(returningTo: host.namespace) { () throws(SystemError) in try RouteSocket() }
            self.namespace = namespace
        } catch {
            throw CNIError(error, .enterPod(path))
        }
    }
}
