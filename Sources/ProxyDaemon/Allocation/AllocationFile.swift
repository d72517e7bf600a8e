import Allocations
import Glibc
import JSON
import KubeModel
import LinuxSystem

/// What was given out, on disk: a line of JSON for each, of which the last one for a Service's slot counts.
///
/// A change costs a line; when there are many more lines than they say, the file is written anew.
struct AllocationFile: ~Copyable {
    private let path: String
    /// A file beside it, because the file itself is replaced.
    private let lock: FileLock
    /// Open for appending; nil while the file has to be written anew before anything is appended.
    private var file: FileDescriptor?
    private var lines = 0

    private static let format = 1
    private static let head = JSONValue.object(
        JSONObject([
            "format": .integer(format),
            "of": .string("what fairway-proxy gave to Services; the last line for each counts"),
        ]))
    /// More bytes than any number of Services takes.
    private static let limit = 1 << 28

    /// Opens the file for this daemon alone.
    ///
    /// - Parameter found: takes what the file says, in its order.
    /// - Throws: where it cannot be read, is somebody else's or says what this version does not understand; then it is left
    ///   as it is.
    init(_ path: String, found: inout [Holding]) throws(ConfigurationError) {
        let lock = try Self.explained { () throws(SystemError) in try Self.lock(path) }
        let content = try Self.explained { () throws(SystemError) in try Self.content(path) }
        found = try content.map { content throws(ConfigurationError) in try Self.holdings(content, path) } ?? []
        self.path = path
        self.lock = lock
        lines = found.count
        // What was cut short is not appended to.
        file = content?.last == UInt8(ascii: "\n") ? try? FileDescriptor.open(path, O_WRONLY | O_APPEND) : nil
    }

    private static func lock(_ path: String) throws(SystemError) -> FileLock {
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try Directory.create(String(path[..<slash])) }
        guard let lock = try FileLock(ifFree: path + ".lock") else {
            throw SystemError("\(path) is another fairway-proxy's", .busy)
        }
        return lock
    }

    /// Nil where there is no file.
    private static func content(_ path: String) throws(SystemError) -> [UInt8]? {
        guard try Directory.hasEntry(path) else { return nil }
        return try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK).readToEnd(limit: limit)
    }

    private static func explained<Result: ~Copyable>(
        _ body: () throws(SystemError) -> Result
    ) throws(ConfigurationError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw ConfigurationError(
                "--allocation-state: \(error); it has to be a file that can be written, and each daemon's own")
        }
    }

    /// Appends lines, and waits until the disk has them.
    ///
    /// - Parameter all: everything that is remembered, the new lines' content included, for when the file is written anew.
    mutating func append(_ records: [Holding], all: () -> [Holding]) throws(SystemError) {
        let isShort = lines + records.count <= 1024
        if file == nil || !isShort && lines + records.count > 3 * all().count { return try rewrite(all()) }
        var text = ""
        for record in records { text += record.json.serialized + "\n" }
        do throws(SystemError) {
            try file?.writeAll(text.utf8, to: path)
            try file?.synchronize(path)
        } catch {
            // Whatever came of it is not appended to.
            file = nil
            throw error
        }
        lines += records.count
    }

    private mutating func rewrite(_ all: [Holding]) throws(SystemError) {
        var text = Self.head.serialized + "\n"
        for holding in all { text += holding.json.serialized + "\n" }
        file = nil
        try Directory.replaceFile(path, with: text.utf8)
        file = try FileDescriptor.open(path, O_WRONLY | O_APPEND)
        lines = all.count
    }

    private static func holdings(_ content: [UInt8], _ path: String) throws(ConfigurationError) -> [Holding] {
        var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        func failure(_ reason: String) -> ConfigurationError {
            ConfigurationError(
                "--allocation-state: \(path), line \(lines.startIndex + 1): \(reason); mend the line or bring the file back "
                    + "from a copy, or move it away: then Services are given addresses anew, nearly always the same")
        }
        guard let head = lines.first, case .object(let object) = try? JSONValue(parsing: head),
            case .number(let digits)? = object[exactly: "format"], let number = Int(digits)
        else { throw failure("does not say {\"format\":\(format)}") }
        guard number == format else {
            throw ConfigurationError(
                "--allocation-state: \(path) has format \(number), a later release's; this one knows format \(format): "
                    + "start that release, or give another file")
        }
        var holdings: [Holding] = []
        lines = lines.dropFirst()
        while let line = lines.first {
            if !line.isEmpty {
                do {
                    holdings.append(try Holding(JSONValue(parsing: line)))
                } catch let error as MalformedHolding {
                    throw failure("\(error)")
                } catch {
                    // A write that was cut short was not in force yet.
                    if lines.count == 1 { break }
                    throw failure("\(error)")
                }
            }
            lines = lines.dropFirst()
        }
        return holdings
    }
}
