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
        do throws(SystemError) {
            self = try Host(opening: ())
        } catch {
            throw CNIError(.kernel, "cannot reach the node's network namespace", details: "\(error)")
        }
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
            throw CNIError(.invalidNamespace, "invalid CNI_NETNS \"\(path)\"", details: "\(error)")
        }
    }
}

/// Runs netlink calls, turning their error into the specification's.
func kernel<T>(_ body: () throws(NetlinkError) -> T) throws(CNIError) -> T {
    do throws(NetlinkError) { return try body() } catch { throw CNIError(error) }
}

extension CNIError {
    /// A step that the kernel refused.
    init(_ error: NetlinkError) { self.init(.kernel, "cannot \(error.operation)", details: error.reason) }
}

extension NetlinkError {
    /// The errno in words, with the kernel's own sentence.
    fileprivate var reason: String { "\(errno)" + (kernelMessage.map { " (\($0))" } ?? "") }
}
