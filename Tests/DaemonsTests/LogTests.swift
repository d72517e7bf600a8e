import Daemons
import LinuxSystem
import Logging
import Synchronization
import Testing

@Suite struct LogTests {
    /// Keeps the lines that reach it.
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let lines = Lines()

    private var logger: Logger {
        let lines = lines
        return Logger(label: "prog") { label in
            LineLogHandler(label, now: { "now" }, write: { line in lines.all.withLock { $0.append(line) } })
        }
    }

    private var written: [String] { lines.all.withLock { $0 } }

    @Test("A line has its time, level, program, metadata by name, source and message")
    func format() {
        var logger = logger
        logger[metadataKey: "b"] = "2"
        logger.logLevel = .debug
        logger.debug("said", metadata: ["c": "\(3)", "a": "1"], source: "Room")
        logger.trace("not asked for")
        #expect(written == ["now debug prog: a=1 b=2 c=3 [Room] said"])
    }

    @Test("What others wrote stays within its line, and does nothing to a terminal")
    func oneLine() {
        logger.info("the name \"a\nerror b\" and \u{1B}[2J", metadata: ["path": "x\ry"], source: "R")
        logger.info("ü, 木, a \\ and \"quotes\" stay", source: "R")
        #expect(
            written == [
                #"now info prog: path=x\ry [R] the name "a\nerror b" and \u{1B}[2J"#,
                #"now info prog: [R] ü, 木, a \ and "quotes" stay"#,
            ])
    }

    @Test("A line that is too long for a pipe's last room is cut")
    func long() {
        logger.info("\(String(repeating: "é", count: 5000))", source: "R")
        #expect(written.count == 1 && written[0].utf8.count <= 4006 && written[0].hasSuffix("…"))
    }

    @Test("The time is the wall clock's, with its zone")
    func time() {
        #expect(LocalTime.now.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}/#) != nil)
    }
}
