import ArgumentParser
import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem
import NetworkTypes

/// `fairway-lab serve`.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer TCP and UDP with one line: a name and the client's address.")

    @Option(help: "The name to answer with.") var name: String
    @Option(help: "A TCP port; may be repeated.") var tcp: [UInt16] = []
    @Option(help: "A UDP port; may be repeated.") var udp: [UInt16] = []

    func run() throws {
        let server = try EchoServer(name: name, tcp: tcp, udp: udp)
        say(EchoServer.readyLine)
        server.run()
    }
}

/// `fairway-lab connect`.
struct Connect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open connections to an echo server and count who answered.",
        discussion: """
            Each connection comes from a new socket. SIGTERM and SIGINT end the run early, with its report.
            Exits with 0 whatever was answered: the report says what failed.
            """)

    @Argument(help: "An IPv4 or IPv6 address.") var address: String
    @Argument var port: UInt16
    @Flag(help: "Send one datagram each, instead of TCP.") var udp = false
    @Option(help: "How many connections.") var count = 1
    @Option(help: "New connections a second; 0 for no limit.") var rate = 0
    @Option(help: "How many may be under way at one time.") var parallel = 1
    @Option(help: "Milliseconds that one connection may take.") var timeout = 2000
    @Option(name: .customLong("give-up"), help: "Stop after so many failures without a success; 0 for never.")
    var giveUp = 0
    @Option(help: "The address to connect from.") var from: String?
    @Flag(help: "Print the report as one line of JSON.") var json = false

    func validate() throws {
        guard IPAddress(address) != nil else { throw ValidationError("\(address) is no IP address") }
        guard count > 0, rate >= 0, timeout > 0, (1...20_000).contains(parallel) else {
            throw ValidationError("count, timeout and parallel must be above 0, parallel at most 20000")
        }
    }

    func run() throws {
        guard let address = IPAddress(address) else { return }
        let options = ConnectOptions(
            udp ? .udp : .tcp, count: count, rate: rate, parallel: parallel, timeoutMilliseconds: timeout,
            giveUpAfter: giveUp,
            source: from.flatMap { IPAddress($0) })
        let stop = try terminationDescriptor()
        let report = try Connector(to: address, port, options)
            .run(stop: stop.rawValue)
        print(json ? try report.json() : report.description)
    }
}

/// `fairway-lab storm`.
struct StormCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storm", abstract: "Send UDP packets that are each a flow of their own.",
        discussion: "SIGTERM and SIGINT end it early, with its report.")

    @Argument(help: "An IPv4 or IPv6 address.") var address: String
    @Argument var port: UInt16
    @Option(help: "The source address, which need not be this host's.") var from: String
    @Option(help: "Packets a second.") var rate = 200_000
    @Option(help: "For how long, an hour at most.") var seconds = 1.0

    func run() throws {
        guard let target = IPAddress(address), let source = IPAddress(from) else {
            throw ValidationError("\(address) and \(from) must be IP addresses")
        }
        guard (0.0...3600.0).contains(seconds), rate > 0 else { throw ValidationError("--seconds is 0 to 3600") }
        let stop = try terminationDescriptor()
        let report = try Storm(from: source, to: target, port, rate: rate, seconds: seconds).run(stop: stop.rawValue)
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }
}

/// A descriptor that becomes readable when the process is told to end.
private func terminationDescriptor() throws -> FileDescriptor {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] { unsafe sigaddset(&signals, signal) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    return FileDescriptor(
        adopting: try systemCall("watch signals") {
            unsafe signalfd(-1, &signals, O_CLOEXEC | O_NONBLOCK)
        })
}
