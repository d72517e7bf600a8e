import Daemons
import Logging
import Synchronization
import Testing

@Suite struct LogTests {
    /// Keeps the lines that reach it.
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private struct NotingHandler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]
        var metadataProvider: Logger.MetadataProvider?

        init(_ lines: Lines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }
            lines.all.withLock { $0.append(([event.message.description] + pairs).joined(separator: " ")) }
        }
    }

    @Test("What others wrote stays within its line, and does nothing to a terminal")
    func oneLine() {
        let lines = Lines()
        let logger = Logger(label: "test") { _ in OneLineLogHandler(NotingHandler(lines)) }
        logger.info("the name \"a\nerror b\" and \u{1B}[2J", metadata: ["path": "x\ry"])
        logger.info("ü, 木, a \\ and \"quotes\" stay", metadata: ["count": "\(3)"])
        logger.debug("is not asked for")
        #expect(
            lines.all.withLock { $0 } == [
                #"the name "a\nerror b" and \u{1B}[2J path=x\ry"#, #"ü, 木, a \ and "quotes" stay count=3"#,
            ])
    }

    @Test("The levels of a logger and its metadata pass through")
    func passThrough() {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in OneLineLogHandler(NotingHandler(lines)) }
        logger.logLevel = .debug
        logger[metadataKey: "key"] = "value"
        logger.debug("said")
        #expect(lines.all.withLock { $0 } == ["said"])
        #expect(logger.logLevel == .debug && logger[metadataKey: "key"] == "value")
    }
}
