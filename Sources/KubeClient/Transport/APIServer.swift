import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An API server, asked over HTTP/1.1: a connection for each watch, and one or two for the rest.
///
/// Tokens, certificates and authorities are read anew for each request, because they are replaced while it runs.
final class APIServer: Sendable {
    /// In seconds: the TLS handshake is in it, which hangs at a server that waits for its store.
    private static let connectLimit: Int64 = 10
    /// Well above watches and requests at a time: beyond it a request waits for ever.
    private static let connections = 32

    private let access: ClusterAccess
    private let tally: RequestTally
    private let client: HTTPClient
    /// One thread reads and writes all sockets; what comes is decoded elsewhere.
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let base: String
    private let plugin: PluginCredential?

    /// - Throws: `CredentialError` for a way to the server that cannot be gone.
    init(_ access: ClusterAccess, _ tally: RequestTally) throws {
        self.access = access
        self.tally = tally
        plugin = if case .exec(let program) = access.credential { PluginCredential(program, for: access) } else { nil }
        if access.proxy?.scheme == .https {
            throw CredentialError(
                "\(access.origin): proxy-url has the scheme https, which is not supported: use http or socks5")
        }
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(Self.connectLimit)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = Self.connections
        // It would hide each reason for ten seconds; the pauses are the follower's.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = access.proxy.map(HTTPClient.Configuration.Proxy.init)
        let server = access.server
        // The name in the handshake is the URL's host.
        if let name = access.serverName { configuration.dnsOverride = [name: server.host] }
        let names = access.isInsecure || server.scheme == .http ? nil : access.nameInCertificate
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                try HalfOpen.notice(on: channel)
                if let names { try PeerName.check(channel, isFor: names) }
            }
        }
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let host = access.serverName ?? server.host
        base =
            "\(server.scheme)://\(ServerURL.written(host)):\(server.port)\(server.pathPrefix)"
    }

    /// Ends all exchanges; has to come before the last reference goes.
    ///
    /// Nothing may be asked for afterwards.
    func shutDown() async {
        try? await client.shutdown()
        try? await group.shutdownGracefully()
    }

    /// Asks for something.
    ///
    /// - Parameters:
    ///   - target: from the path on.
    ///   - time: until the answer's head has come.
    func get(_ target: String, within time: Duration) async throws -> HTTPClientResponse {
        try await ask(HTTPClientRequest(url: base + target), within: time)
    }

    /// Makes an object.
    ///
    /// - Parameters:
    ///   - target: the path of the collection.
    ///   - body: JSON.
    ///   - time: until the answer's head has come.
    func post(_ target: String, _ body: [UInt8], within time: Duration) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + target)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(body)
        return try await ask(request, within: time)
    }

    private func ask(_ request: HTTPClientRequest, within time: Duration) async throws -> HTTPClientResponse {
        do {
            let answer = try await send(request, within: time)
            tally.note(request.method.rawValue, answer.status.code)
            return answer
        } catch {
            tally.note(request.method.rawValue, nil)
            throw error
        }
    }

    private func send(_ request: HTTPClientRequest, within time: Duration) async throws -> HTTPClientResponse {
        var request = request
        request.headers.add(name: "Accept", value: APIEncoding.accepted)
        request.headers.add(name: "User-Agent", value: "fairway")
        // Nobody on the way may read a secret.
        let isSecret = access.server.scheme == .https
        let given = isSecret ? try await plugin?.current() : nil
        if isSecret, let token = try given?.token ?? access.credential.token() {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        for (name, value) in access.impersonation?.headers ?? [] { request.headers.add(name: name, value: value) }
        if access.server.scheme == .https { request.tlsConfiguration = try TLSConfiguration(access, plugin: given) }
        let answer = try await client.execute(request, deadline: .now() + TimeAmount(time))
        if answer.status == .unauthorized { await plugin?.refuse() }
        return answer
    }

    /// An error of an exchange for people, with what to do about it where that is known.
    func words(for error: any Error) -> String {
        if let error = error as? NIOSSLError, case .handshakeFailed(let reason) = error {
            let text = "\(reason)"
            return text.contains("CERTIFICATE_VERIFY_FAILED")
                ? "its certificate is not signed by \(access.authority), or not valid at present" : "TLS: \(text)"
        }
        if let error = error as? HTTPClientError {
            switch error {
            case .deadlineExceeded: return "no answer within the time"
            case .remoteConnectionClosed: return "it closed the connection"
            default: return "\(error)"
            }
        }
        return "\(error)"
    }
}

extension APIServer: CustomStringConvertible {
    var description: String { "\(access)" }
}

extension HTTPClient.Configuration.Proxy {
    fileprivate init(_ proxy: ProxyURL) {
        switch proxy.scheme {
        case .socks5: self = .socksServer(host: proxy.host, port: Int(proxy.port))
        case .http, .https:
            self = .server(
                host: proxy.host, port: Int(proxy.port),
                authorization: proxy.login.map { .basic(username: $0.user, password: $0.password) })
        }
    }
}
