/// One document of a file, as it stands there; JSON is YAML.
package struct YAMLDocument: Sendable, Hashable {
    package enum Format: Sendable, Hashable { case json, yaml }

    package var format: Format
    package var bytes: ArraySlice<UInt8>
    /// The line of the file at which the document begins, from 1.
    package var firstLine: Int

    /// A whole file as one document in JSON; nil where it does not begin with `{`.
    package init?(wholeJSON file: [UInt8]) {
        let spaces = file.prefix { $0.isSpace }
        guard spaces.endIndex < file.endIndex, file[spaces.endIndex] == UInt8(ascii: "{") else { return nil }
        self.init(format: .json, bytes: file[spaces.endIndex...], firstLine: 1 + spaces.lineBreaks)
    }

    private init(format: Format, bytes: ArraySlice<UInt8>, firstLine: Int) {
        self.format = format
        self.bytes = bytes
        self.firstLine = firstLine
    }

    /// Splits a file into its documents, so that a syntax error costs one of them only.
    ///
    /// Markers separate documents of either format: no line of JSON begins with one. What begins with `{` is JSON, whatever
    /// the file is called, and several values may follow one another.
    package static func split(_ file: [UInt8]) -> [YAMLDocument] {
        splitYAML(file[...]).flatMap { document -> [YAMLDocument] in
            let isMarked = isMarker(document.bytes, "---")
            let text = isMarked ? document.bytes.dropFirst(3) : document.bytes
            let spaces = text.prefix { $0.isSpace }
            let content = withoutMark(text[spaces.endIndex...])
            // What stands on the marker's own line is YAML's.
            guard content.first == UInt8(ascii: "{"), !isMarked || spaces.lineBreaks > 0 else { return [document] }
            let values = splitJSON(content, from: document.firstLine + spaces.lineBreaks)
            // YAML in braces may quote a bracket in ways that JSON does not.
            let isYAML = isMarked && values.contains { $0.bytes.first != UInt8(ascii: "{") }
            return isYAML ? [document] : values
        }
    }

    /// Text without a byte order mark, which may stand before each document (YAML 1.2, 5.2).
    private static func withoutMark(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text
    }

    /// Splits after every value; what follows the last whole value is a document of its own, and comments are none.
    private static func splitJSON(_ content: ArraySlice<UInt8>, from firstLine: Int) -> [YAMLDocument] {
        var documents: [YAMLDocument] = []
        var line = firstLine
        var rest = content
        while true {
            let spaces = rest.prefix { $0.isSpace }
            line += spaces.lineBreaks
            rest = rest[spaces.endIndex...]
            guard let first = rest.first else { return documents }
            if first == UInt8(ascii: "#") {
                rest = rest.drop { $0 != UInt8(ascii: "\n") }
                continue
            }
            let value = rest[..<endOfJSONValue(rest)]
            documents.append(YAMLDocument(format: .json, bytes: value, firstLine: line))
            line += value.lineBreaks
            rest = rest[value.endIndex...]
        }
    }

    /// The index after the bracket that closes the first one; the end of the text where there is none.
    private static func endOfJSONValue(_ text: ArraySlice<UInt8>) -> Int {
        var depth = 0
        var inString = false
        var escaped = false
        for index in text.indices {
            let byte = text[index]
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            if depth <= 0, !byte.isSpace { return text.endIndex }
        }
        return text.endIndex
    }

    /// Splits at the markers `---` and `...` that stand at the beginning of a line (YAML 1.2, 9.1.2).
    private static func splitYAML(_ file: ArraySlice<UInt8>) -> [YAMLDocument] {
        let content = withoutMark(file)
        var documents: [YAMLDocument] = []
        var current = YAMLDocument(format: .yaml, bytes: content.prefix(0), firstLine: 1)
        var line = 1
        var start = content.startIndex
        func finish(at end: Int) {
            current.bytes = content[current.bytes.startIndex..<end]
            if current.hasContent { documents.append(current) }
        }
        while start < content.endIndex {
            let next = (content[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }) ?? content.endIndex
            // Nearly no line begins as a marker does.
            if content[start] == UInt8(ascii: "-") || content[start] == UInt8(ascii: ".") {
                let text = content[start..<next]
                if isMarker(text, "---") {
                    finish(at: start)
                    current = YAMLDocument(format: .yaml, bytes: content[start..<start], firstLine: line)
                } else if isMarker(text, "...") {
                    finish(at: start)
                    current = YAMLDocument(format: .yaml, bytes: content[next..<next], firstLine: line + 1)
                }
            }
            start = next
            line += 1
        }
        finish(at: content.endIndex)
        return documents
    }

    private static func isMarker(_ line: ArraySlice<UInt8>, _ marker: String) -> Bool {
        guard line.starts(with: marker.utf8) else { return false }
        return line.dropFirst(3).first?.isSpace ?? true
    }

    /// False for nothing but comments, directives and a bare marker.
    private var hasContent: Bool {
        if bytes.first(where: { !$0.isSpace }) == UInt8(ascii: "{") { return true }
        var rest = bytes
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[line.endIndex...].dropFirst()
            if line.first == UInt8(ascii: "%") { continue }
            let text = Self.isMarker(line, "---") ? line.dropFirst(3) : line
            if let first = text.first(where: { !$0.isSpace }), first != UInt8(ascii: "#") { return true }
        }
        return false
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d) }
}

extension ArraySlice<UInt8> {
    fileprivate var lineBreaks: Int { count { $0 == UInt8(ascii: "\n") } }
}
