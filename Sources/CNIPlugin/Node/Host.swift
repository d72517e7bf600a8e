import CNIProtocol
import LinuxSystem
import RouteNetlink

/// The node's own network namespace, and a socket that acts on it.
struct Host: ~Copyable {
    let namespace: NetworkNamespace
    var socket: RouteSocket
    /// Keeps other executions from removing bridges, or from joining them; see `BridgeLock`.
    ///
    /// Spelt out because `FileLock?` would begin as nil, and an initializer cannot then assign `self` and throw.
    var bridgeLock: Optional<FileLock>

    init() throws(CNIError) {
        self = try system(.enterNode) { () throws(SystemError) in try Host(opening: ()) }
    }
}

extension Host {
    private init(opening: Void) throws(SystemError) {
        let namespace = try NetworkNamespace.current()
        self.init(namespace: namespace, socket: try RouteSocket())
    }

    private init(namespace: consuming NetworkNamespace, socket: consuming RouteSocket) {
        self.namespace = namespace
        self.socket = socket
        bridgeLock = nil
    }
}

extension Host {
    /// - Throws: code 8 when CNI_NETNS names the plugin's own namespace, before anything is done.
    static func refuseOwnNamespace(_ environment: PluginEnvironment) throws(CNIError) {
        // Whoever needs the namespace says himself that it cannot be opened.
        guard !environment.allowsOwnNamespace, let pod = try? NetworkNamespace(path: environment.namespacePath),
            let own = try? NetworkNamespace.current(), (try? pod.isSame(as: own)) == true
        else { return }
        throw CNIError(
            .invalidNamespace, "invalid CNI_NETNS \"\(environment.namespacePath)\"",
            details: "it is the plugin's own namespace")
    }
}
