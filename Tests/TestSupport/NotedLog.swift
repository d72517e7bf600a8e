package import Logging
import Synchronization

/// Keeps what is logged, for a test to look at.
package final class NotedLog: Sendable {
    private let state = Mutex<[String]>([])

    package init() {}

    /// A line each: the level, the message, and the metadata where there is some.
    package var lines: [String] { state.withLock(\.self) }
    package var errors: [String] { lines.filter { $0.hasPrefix("error ") } }
    package var text: String { lines.joined(separator: "\n") }
    package var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: NotedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let line = (["\(event.level) \(event.message)"] + words).joined(separator: " ")
            log.state.withLock { $0.append(line) }
        }
    }
}
