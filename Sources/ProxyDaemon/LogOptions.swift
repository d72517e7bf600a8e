import ArgumentParser
import Daemons
import LinuxSystem
import Logging

/// How much is logged, and how.
struct LogOptions: ParsableArguments {
    @Option(
        help:
            "How much to say on stderr: trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?

    @Option(
        name: .customLong("v"),
        help: ArgumentHelp("The same as Kubernetes counts it: 4 and 5 are debug, more is trace.", valueName: "LEVEL"))
    var verbosity: Int = 0

    @Option(help: ArgumentHelp("How lines look: text or json.", valueName: "FORMAT"))
    var loggingFormat = "text"

    func validate() throws {
        if let logLevel, Logger.Level(rawValue: logLevel) == nil {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level: \"\(logLevel)\" is none of \(levels)")
        }
        guard ["text", "json"].contains(loggingFormat) else {
            throw ValidationError("--logging-format: \"\(loggingFormat)\" is neither text nor json")
        }
    }

    var level: Logger.Level {
        if let level = logLevel.flatMap({ Logger.Level(rawValue: $0) }) { return level }
        return verbosity < 4 ? .info : verbosity < 6 ? .debug : .trace
    }

    func makeLogger() -> Logger {
        let stream = LogStream(.error)
        let style: LineLogHandler.Style = loggingFormat == "json" ? .json : .text
        var logger = Logger(label: "fairway-proxy") { label in
            LineLogHandler(
                label, style,
                now: { style == .json ? WallClock.text(of: WallClock.nanoseconds) : LocalTime.now },
                write: { stream.write($0) })
        }
        logger.logLevel = level
        return logger
    }
}
