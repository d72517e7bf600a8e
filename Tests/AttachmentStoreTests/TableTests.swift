import AttachmentStore
import Attachments
import Glibc
import LinuxSystem
import NFTables
import NetworkTypes
import PodTables
import Synchronization
import TestSupport
import Testing

/// The kernel's tables beside the records, whatever happens to either.
@Suite(.enabled(if: Root.isAvailable, Comment(rawValue: Root.explanation)))
struct TableTests {
    private let everything = pod(
        5, ports: [HostPort(.tcp, 8080, to: 80), HostPort(.udp, 8080, to: 80), HostPort(.sctp, 9, to: 9)],
        onLoopback: true, masquerade: true, guarded: true)
    private let other = pod(6, ports: [HostPort(.tcp, 8081, to: 80)], clientNAT: .subnet, masquerade: true)

    @Test("Rules come and go with their attachments, and the last one takes the tables along")
    func comeAndGo() throws {
        let node = try Node()
        let plain = pod(7)
        let last = pod(8, ports: [HostPort(.tcp, 53, to: 53)], masquerade: true, guarded: true)
        try node.add(everything)
        #expect(try node.differences() == [])
        #expect(try node.dump().count == 3)
        try node.add(other)
        try node.add(plain)
        try node.add(last)
        #expect(try node.differences() == [])
        try node.remove(key(other))
        #expect(try node.differences() == [])
        try node.remove(key(everything))
        #expect(try node.differences() == [])
        try node.remove(key(last), key(plain))
        #expect(try node.dump().isEmpty)
        #expect(try node.store().records().records.isEmpty)
        #expect(try Directory.names(in: node.store().path).sorted() == [".lock"])
    }

    @Test("While nobody else commits, an attachment costs one transaction of its own elements")
    func singleTransaction() throws {
        let node = try Node()
        try node.add(everything)
        try node.add(other)
        var connection = try node.namespace.nftConnection()
        // What a comparison would repair shows that there was none.
        try connection.commit(Transaction([]))
        let before = try connection.generation()
        let next = pod(
            7, ports: [HostPort(.tcp, 8082, to: 80), HostPort(.tcp, 80, to: 80, on: IPAddress("192.0.2.1"))],
            clientNAT: .everything, onLoopback: true, masquerade: true, guarded: true)
        try node.add(next)
        #expect(try connection.generation() == before + 1)
        try node.add(pod(8, masquerade: true))
        #expect(try connection.generation() == before + 1)
        try node.remove(key(next), key(pod(8)))
        #expect(try connection.generation() == before + 2)
        #expect(try node.differences() == [])
    }

    /// What somebody else does to the tables.
    static let damage = [
        "flush ruleset", "delete table ip fairway-cni", "delete table bridge fairway-cni",
        "flush map ip fairway-cni host-ports", "flush set ip6 fairway-cni masked-ports",
        "flush set ip fairway-cni hairpin",
        "flush set ip fairway-cni masqueraded", "delete element ip fairway-cni host-ports { tcp . 8080 }",
        "delete element ip6 fairway-cni host-ports { tcp . 8080 }; "
            + "add element ip6 fairway-cni host-ports { tcp . 8080 : fd00::9 . 9 }",
        "add element ip fairway-cni host-ports { tcp . 8099 : 10.244.0.9 . 9 }",
        "add element ip fairway-cni masqueraded { 10.9.0.0/16 . 8.8.8.8 }",
        "flush chain ip fairway-cni postrouting",
        "flush chain ip fairway-cni loopback-guard; "
            + "delete chain ip fairway-cni loopback-guard", "flush chain bridge fairway-cni prerouting",
        "add rule ip fairway-cni output drop", "add chain ip6 fairway-cni more", "add table ip fairway",
        "add set ip fairway-cni more { type ipv4_addr; }",
    ]

    @Test("What somebody did to the tables is mended with the next attachment, arriving or leaving", arguments: damage)
    func repair(_ script: String) async throws {
        let node = try Node()
        try node.add(everything)
        try node.add(other)
        let commands = script.split(separator: ";").map(String.init).joined(separator: "\n")
        for step in 0..<4 {
            try await node.namespace.demand("nft", commands)
            switch step {
            case 0: try node.add(pod(7, ports: [HostPort(.tcp, 8083, to: 80)]))
            case 1: try node.remove(key(pod(7)))
            case 2: try node.add(pod(8))
            default: try node.withTable { table throws(PodTableError) in try table.restore() }
            }
            #expect(try node.differences() == [])
        }
    }

    @Test("A foreign element in the place of a host port is replaced")
    func foreignElement() async throws {
        let node = try Node()
        try node.add(other)
        try await node.namespace.demand("nft", "add element ip fairway-cni host-ports { tcp . 8083 : 10.244.0.9 . 9 }")
        // As if nobody had committed since.
        var connection = try node.namespace.nftConnection()
        let state = String(decoding: try node.state(), as: UTF8.self)
        let generation = try connection.generation()
        try node.setState(
            Array(state.replacing("\"generation\":\(generation - 1)", with: "\"generation\":\(generation)").utf8))
        try node.add(pod(7, ports: [HostPort(.tcp, 8083, to: 80)]))
        #expect(try node.differences() == [])
    }

    @Test("50 first attachments at once: every base rule once, and everybody's ports")
    func parallel() async throws {
        let node = try Node()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let countdown = Countdown(50) { continuation.resume() }
            for number in 10..<60 {
                let rules = pod(
                    number, ports: [HostPort(.tcp, UInt16(8000 + number), to: 80)], onLoopback: number == 11,
                    masquerade: true, guarded: number % 2 == 0)
                do {
                    try DedicatedThread.start("add \(number)") {
                        do { try node.add(rules) } catch { countdown.fail("\(number): \(error)") }
                        countdown.done()
                    }
                } catch {
                    countdown.fail("\(error)")
                    countdown.done()
                }
            }
        }
        #expect(try node.differences() == [])
        #expect(try node.store().records(of: "pods").records.count == 50)
        let keys = (10..<60).map { key(pod($0)) }
        try node.withTable { table throws(PodTableError) in _ = try table.withdraw(keys) }
        #expect(try node.dump().isEmpty)
    }

    @Test("Records of attachments that were killed half-way, at each step, are completed by the next one")
    func killed() throws {
        let origin = try Node()
        try origin.add(everything)
        let node = try Node()
        try node.add(other)
        let generation = try node.state()

        // After the record and before the transaction.
        try node.setState([])
        try origin.copyRecord(of: key(everything), to: node)
        try node.add(pod(7))
        #expect(try node.differences() == [])
        // After the transaction and before the state: empty, or a part of it.
        let whole = try node.state()
        try #require(whole.count > 2)
        for length in [0, 1, whole.count / 2, whole.count - 2] {
            try node.setState(Array(whole.prefix(length)))
            try node.add(pod(20 + length, ports: [HostPort(.tcp, UInt16(9000 + length), to: 80)]))
            #expect(try node.differences() == [])
        }
        // After the record was marked and before the transaction.
        try origin.withTable { [everything] table throws(PodTableError) in _ = try table.withdraw([key(everything)]) }
        try origin.copyRecord(of: key(everything), to: node)
        try node.add(pod(8))
        #expect(try node.differences() == [])
        #expect(try node.store().record(of: key(everything))?.demandInForce == nil)
        // The rest of DEL, again.
        try node.remove(key(everything))
        #expect(try node.differences() == [])
        // The state of another boot or namespace.
        try node.setState(generation)
        try node.withTable { table throws(PodTableError) in try table.restore() }
        #expect(try node.differences() == [])
    }

    @Test("An attachment that is added again has its new rules")
    func again() throws {
        let node = try Node()
        try node.add(everything)
        try node.add(pod(5, ports: [HostPort(.tcp, 8080, to: 81)]))
        #expect(try node.differences() == [])
        try node.add(pod(5))
        #expect(try node.dump().isEmpty)
    }

    @Test("CHECK sees what is missing, and nothing else")
    func absences() async throws {
        let node = try Node()
        try node.add(everything)
        try node.add(other)
        let key = key(everything)
        let look = { () throws -> [String] in
            try node.withTable { table throws(PodTableError) in try table.absences(of: key) }
        }
        #expect(try look() == [])
        try await node.namespace.demand("nft", "add table ip fairway")
        #expect(try look() == [])
        try await node.namespace.demand("nft", "delete element ip fairway-cni host-ports { tcp . 8081 }")
        #expect(try look() == [])
        try await node.namespace.demand("nft", "delete element ip fairway-cni host-ports { tcp . 8080 }")
        #expect(try look() == ["1 elements of ip fairway-cni host-ports are missing or changed (host port 8080/tcp)"])
        try await node.namespace.demand("nft", "delete table bridge fairway-cni")
        #expect(try look().contains("table bridge fairway-cni does not exist"))
    }
}

/// Calls back when everybody is done, and records what failed.
private final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let whenDone: @Sendable () -> Void

    init(_ count: Int, _ whenDone: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.whenDone = whenDone
    }

    func done() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { whenDone() }
    }

    func fail(_ text: String) { Issue.record(Comment(rawValue: text)) }
}
