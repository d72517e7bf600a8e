import JSON
package import Logging

/// Writes each event as one line that a terminal shows as it is: time, level, program, metadata, source, message.
///
/// Names and values come from other people's files: a line break in one would look like a line of its own, and an escape
/// sequence would act on the terminal of whoever reads the log.
package struct LineLogHandler: LogHandler {
    /// Longer lines are cut: a pipe with room at all has it for as much as this (PIPE_BUF).
    private static let longestLine = 4000

    package enum Style: Sendable {
        /// For people.
        case text
        /// An object with the keys `ts`, `level`, `logger`, `source`, `msg`, and each piece of metadata under its own.
        case json
    }

    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let style: Style
    private let now: @Sendable () -> String
    private let write: @Sendable (String) -> Void

    /// - Parameters:
    ///   - label: the program's name.
    ///   - now: the time as it is to stand there.
    ///   - write: takes a line without its end.
    package init(
        _ label: String, _ style: Style = .text, now: @escaping @Sendable () -> String,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.style = style
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let provided = metadataProvider?.get() ?? [:]
        let all = metadata.merging(provided) { $1 }.merging(event.metadata ?? [:]) { $1 }
        if style == .json { return write(object(event, all)) }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let error = event.error.map { ": \($0)" } ?? ""
        let line = printable(
            "\(now()) \(event.level) \(label):\(pairs) [\(event.source)] \(event.message)\(error)")
        write(line.utf8.count <= Self.longestLine ? line : cut(line))
    }

    /// A line that is too long loses its metadata, because half an object is none.
    private func object(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        let error = event.error.map { ": \($0)" } ?? ""
        func line(_ message: String, _ metadata: Logger.Metadata) -> String {
            var object = JSONObject([
                "ts": .string(now()), "level": .string("\(event.level)"), "logger": .string(label),
                "source": .string(event.source), "msg": .string(message),
            ])
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                // What a line says of itself is not somebody else's to say.
                object.append(object[exactly: key] == nil ? key : "_\(key)", .string("\(value)"))
            }
            return JSONValue.object(object).serialized
        }
        let message = "\(event.message)\(error)"
        let whole = line(message, metadata)
        if whole.utf8.count <= Self.longestLine { return whole }
        let short = line(message, [:])
        return short.utf8.count <= Self.longestLine
            ? short : line(String(message.prefix(Self.longestLine / 16)) + "…", [:])
    }

    private func cut(_ line: String) -> String {
        String(decoding: line.utf8.prefix(Self.longestLine), as: UTF8.self) + "…"
    }
}

/// The text with its control characters and line separators in Swift's notation, such as `\n` and `\u{1B}`.
package func printable(_ text: String) -> String {
    // Nearly all lines are ASCII, whose characters need not be looked up.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
    guard !text.unicodeScalars.allSatisfy(isPlain) else { return text }
    return text.unicodeScalars.reduce(into: "") { $0 += isPlain($1) ? String($1) : $1.escaped(asASCII: true) }
}
