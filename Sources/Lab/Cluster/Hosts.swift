import Glibc
package import NetworkTypes

/// Something that traffic comes from or goes to: a node, a pod, the world.
package protocol LabHost: Sendable {
    var name: String { get }
    /// IPv4 first.
    var addresses: [IPAddress] { get }
    var namespace: LabNamespace { get }
    var programs: Programs { get }
}

/// A pod, wired by the plugin.
package struct Pod: LabHost, Hashable {
    package let name: String
    package let node: Node
    package let addresses: [IPAddress]
    package let namespace: LabNamespace
    package let programs: Programs
}

/// The host outside the cluster.
package struct World: LabHost, Hashable {
    package var name: String { LabPlan.worldName }
    package var addresses: [IPAddress] { LabPlan.worldAddresses }
    package let namespace: LabNamespace
    package let programs: Programs
}

/// A node: a network stack of its own, with the plugin's bridge and a daemon.
package struct Node: LabHost, Hashable {
    package let plan: NodePlan
    package let namespace: LabNamespace
    package let programs: Programs

    package var name: String { plan.name }
    package var addresses: [IPAddress] { plan.addresses }

    /// Starts the daemon in this node and waits until it has synced once.
    ///
    /// - Parameters:
    ///   - manifests: the folder it reads.
    ///   - wrapper: a program to run it under, such as `strace` with its options.
    package func startProxy(
        manifests: String, wrapper: [String] = [], environment: [String: String]? = nil,
        within limit: Duration = .seconds(60)
    ) throws -> BackgroundProcess {
        try startProxy(["--manifests", manifests], wrapper: wrapper, environment: environment, within: limit)
    }

    /// The same with objects from elsewhere.
    ///
    /// - Parameter source: the options that say from where.
    package func startProxy(
        _ source: [String], wrapper: [String] = [], environment: [String: String]? = nil,
        within limit: Duration = .seconds(60)
    ) throws -> BackgroundProcess {
        let process = try launchProxy(source, wrapper: wrapper, environment: environment)
        try process.waitForLog("ready", within: limit)
        // From here on it commits nothing of its own accord.
        try process.waitForLog("watching", within: limit)
        return process
    }

    /// Starts the daemon and returns at once, for a start that is meant to fail.
    package func launchProxy(
        manifests: String, wrapper: [String] = [], environment: [String: String]? = nil
    ) throws -> BackgroundProcess {
        try launchProxy(["--manifests", manifests], wrapper: wrapper, environment: environment)
    }

    private func launchProxy(
        _ source: [String], wrapper: [String], environment: [String: String]?
    ) throws -> BackgroundProcess {
        try namespace.start(
            wrapper + [programs.proxy] + source + [
                "--node-name", name, "--cluster-cidr",
                LabPlan.clusterNetworks.map(\.description).joined(separator: ","),
            ], environment: environment, log: "\(name)-proxy")
    }

    /// Runs `fairway-proxy cleanup` in this node.
    package func cleanUpProxy() throws -> Outcome { try namespace.run([programs.proxy, "cleanup"]) }
}

extension LabHost {
    /// Starts an echo server and waits until it listens.
    ///
    /// - Parameters:
    ///   - name: what it answers with; the host's own name unless given.
    @discardableResult
    package func serve(tcp: [UInt16] = [], udp: [UInt16] = [], as name: String? = nil) throws -> BackgroundProcess {
        let server = try startServer(tcp: tcp, udp: udp, as: name)
        try server.waitForLog(EchoServer.readyLine)
        return server
    }

    /// Starts an echo server without waiting for it.
    package func startServer(tcp: [UInt16], udp: [UInt16], as name: String? = nil) throws -> BackgroundProcess {
        try namespace.start(
            [programs.lab, "serve", "--name", name ?? self.name] + tcp.flatMap { ["--tcp", "\($0)"] }
                + udp.flatMap { ["--udp", "\($0)"] }, log: "\(self.name)-serve")
    }

    /// Opens connections from here, one after another unless `options` say otherwise, and counts what came back.
    package func connect(to address: IPAddress, _ port: UInt16, _ options: ConnectOptions = .init()) throws
        -> ConnectReport
    {
        let output = try namespace.check(
            [programs.lab, "connect", "\(address)", "\(port)", "--json"] + options.arguments,
            within: options.expectedDuration + .seconds(20))
        return try ConnectReport(json: output)
    }

    /// Starts connecting in the background, until the run is stopped; see `ConnectRun`.
    package func startConnecting(to address: IPAddress, _ port: UInt16, _ options: ConnectOptions) throws -> ConnectRun
    {
        ConnectRun(
            process: try namespace.start(
                [programs.lab, "connect", "\(address)", "\(port)", "--json"] + options.arguments,
                log: "\(name)-connect"))
    }
}

/// A client that connects in the background.
package struct ConnectRun: Sendable {
    package let process: BackgroundProcess

    /// Waits until the run has made all its connections.
    package func result(within limit: Duration) throws -> ConnectReport { try report(process.wait(within: limit)) }

    /// Ends the run and returns its report: connections under way are waited for, new ones are not begun.
    package func stop() throws -> ConnectReport {
        try report(process.stop(SIGTERM, within: .seconds(60)))
    }

    private func report(_ status: Int32) throws -> ConnectReport {
        guard status == 0 else { throw LabError("connect exited with \(status): \(process.log)") }
        return try ConnectReport(json: process.log)
    }
}
