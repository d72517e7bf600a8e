package import Logging

/// Hands each event on as one line that a terminal shows as it is.
///
/// Names and values come from other people's files: a line break in one would look like a line of its own, and an escape
/// sequence would act on the terminal of whoever reads the log.
package struct OneLineLogHandler: LogHandler {
    private var next: any LogHandler

    package init(_ next: any LogHandler) { self.next = next }

    package var logLevel: Logger.Level {
        get { next.logLevel }
        set { next.logLevel = newValue }
    }

    package var metadata: Logger.Metadata {
        get { next.metadata }
        set { next.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { next.metadataProvider }
        set { next.metadataProvider = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { next[metadataKey: key] }
        set { next[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) {
        var event = event
        event.message = "\(printable(event.message.description))"
        event.metadata = event.metadata?.mapValues { .string(printable($0.description)) }
        next.log(event: event)
    }
}

/// The text with its control characters and line separators in Swift's notation, such as `\n` and `\u{1B}`.
package func printable(_ text: String) -> String {
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
    guard !text.unicodeScalars.allSatisfy(isPlain) else { return text }
    return text.unicodeScalars.reduce(into: "") { $0 += isPlain($1) ? String($1) : $1.escaped(asASCII: true) }
}
