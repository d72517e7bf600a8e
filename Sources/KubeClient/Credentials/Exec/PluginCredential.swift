import Glibc
import LinuxSystem

/// What a plugin answered last, for as long as it holds.
actor PluginCredential {
    /// Seconds before its end at which a credential is no longer used: a request takes a while.
    private static let margin: Int64 = 10

    private let plugin: ExecPlugin
    private let access: ClusterAccess
    private var known: ExecCredential?
    /// Several requests wait for one run of the plugin.
    private var running: Task<Result<ExecCredential, CredentialError>, Never>?

    init(_ plugin: ExecPlugin, for access: ClusterAccess) {
        self.plugin = plugin
        self.access = access
    }

    /// A credential that holds now.
    func current() async throws(CredentialError) -> ExecCredential {
        if let known, known.expiry.map({ $0 - Self.margin > Int64(time(nil)) }) ?? true { return known }
        let (plugin, access) = (plugin, access)
        let task = running ?? Task { await Self.run(plugin, access) }
        running = task
        let outcome = await task.value
        running = nil
        known = try outcome.get()
        return try outcome.get()
    }

    /// The server does not take it: the next request asks the plugin anew.
    func refuse() { known = nil }

    private static func run(
        _ plugin: ExecPlugin, _ access: ClusterAccess
    ) async -> Result<ExecCredential, CredentialError> {
        await withCheckedContinuation { continuation in
            do throws(SystemError) {
                try DedicatedThread.start("exec-plugin") {
                    continuation.resume(
                        returning: Result { () throws(CredentialError) in try plugin.run(for: access) })
                }
            } catch {
                continuation.resume(returning: .failure(CredentialError("\(plugin): \(error)")))
            }
        }
    }
}
