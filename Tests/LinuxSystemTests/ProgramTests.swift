import Glibc
import LinuxSystem
import Testing

struct ProgramTests {
    private let environment = ["PATH=/usr/bin:/bin", "A=1"]

    /// Whoever feeds children must outlive one that does not read.
    init() { ProcessSignals.ignorePipe() }

    private func shell(_ script: String, _ streams: ChildStreams, session: Bool = false) throws -> Int32 {
        defer { streams.closeChildEnds() }
        return try Program(
            "/bin/sh", ["-c", script], environment: environment, descriptors: streams.childEnds, hasOwnSession: session
        ).start()
    }

    @Test("A child has what it was given and nothing else; both outputs are taken, however much goes in")
    func streams() throws {
        let streams = try ChildStreams(outputs: 2)
        let input = [UInt8](repeating: 97, count: 1 << 20)
        let pid = try shell("env | grep ^A; wc -c; head -c 300000 /dev/zero >&2; exit 3", streams)
        #expect(try streams.exchange(input))
        #expect(try ProcessEnd(ofChild: pid) == .exited(3))
        #expect(String(decoding: streams.taken[0], as: UTF8.self) == "A=1\n1048576\n")
        #expect(streams.taken[1].count == 300_000)
    }

    @Test("A child that reads nothing is no failure; one that says too much, or lasts too long, is")
    func limits() throws {
        let deaf = try ChildStreams(outputs: 1)
        let first = try shell("exec <&-; echo done", deaf)
        #expect(try deaf.exchange([UInt8](repeating: 0, count: 1 << 20)))
        #expect(try ProcessEnd(ofChild: first) == .exited(0) && deaf.taken[0].count == 5)
        let loud = try ChildStreams(outputs: 1)
        let second = try shell("exec cat /dev/zero", loud)
        let error = #expect(throws: SystemError.self) { try loud.exchange([], limit: 1000) }
        #expect(error?.errno == .fileTooBig)
        kill(second, SIGKILL)
        #expect(try ProcessEnd(ofChild: second).shellStatus == 128 + SIGKILL)
        let slow = try ChildStreams(outputs: 1)
        let third = try shell("exec sleep 60", slow)
        #expect(try !slow.exchange([]) { 50 })
        kill(third, SIGTERM)
        #expect(try ProcessEnd(ofChild: third) == .signalled(SIGTERM))
    }

    @Test("No signal is blocked or ignored in a child, whatever its starter does")
    func signals() throws {
        signal(SIGUSR2, SIG_IGN)
        defer { signal(SIGUSR2, SIG_DFL) }
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let streams = try ChildStreams(outputs: 1)
        let pid = try shell("grep -E '^Sig(Blk|Ign)' /proc/self/status", streams)
        try streams.exchange([])
        _ = try ProcessEnd(ofChild: pid)
        let masks = String(decoding: streams.taken[0], as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .compactMap { UInt64($0, radix: 16) }
        // 32 and 33 are the C library's own: whoever ignores them keeps that from it, and so from every child.
        let reserved: UInt64 = 0b11 << 31
        #expect(masks.count == 2 && masks.allSatisfy { $0 & ~reserved == 0 }, "\(masks)")
    }

    @Test("A child inherits no socket, although whoever made it forgot to say so")
    func inheritance() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        #expect(fcntl(socket, F_GETFD) == 0)
        let streams = try ChildStreams(outputs: 2)
        let pid = try shell("ls /proc/$$/fd", streams)
        try streams.exchange([])
        #expect(try ProcessEnd(ofChild: pid) == .exited(0))
        #expect(String(decoding: streams.taken[0], as: UTF8.self) == "0\n1\n2\n")
    }

    @Test("A child may lead a session of its own, and is found in PATH; one that is not there is an error")
    func session() throws {
        for (isOwn, words) in [(true, "own"), (false, "shared")] {
            let streams = try ChildStreams(outputs: 1)
            let script = "s=$(cut -d' ' -f6 /proc/$$/stat); [ $s = $$ ] && echo own || echo shared"
            let pid = try shell(script, streams, session: isOwn)
            try streams.exchange([])
            #expect(try ProcessEnd(ofChild: pid) == .exited(0))
            #expect(String(decoding: streams.taken[0], as: UTF8.self) == words + "\n")
        }
        #expect(try ProcessEnd(ofChild: Program("true", environment: [], descriptors: []).start()) == .exited(0))
        let missing = #expect(throws: SystemError.self) {
            try Program("/nowhere/x", environment: [], descriptors: []).start()
        }
        #expect(missing?.errno == .notFound)
    }

    @Test("A child that is not waited for is killed with its value")
    func child() throws {
        var child = try ChildProcess("/bin/cat", environment: [])
        let (output, end) = try child.finish(input: Array("hello".utf8), limit: 100)
        #expect(output == Array("hello".utf8) && end == .exited(0))
        var loud = try ChildProcess("/usr/bin/yes", environment: [])
        #expect(throws: SystemError.self) { try loud.finish(input: [], limit: 100) }
    }
}
