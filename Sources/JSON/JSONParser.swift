/// Why a text is not JSON, and where.
package struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    package let line: Int
    /// The byte's place in its line, from 1.
    package let column: Int
    package let reason: String

    package var description: String { "line \(line), column \(column): \(reason)" }
}

extension JSONValue {
    /// How deep values may lie within each other.
    package static let maximumDepth = 128

    /// Parses RFC 8259 JSON, strictly: one value, valid UTF-8, no comments, no trailing commas.
    ///
    /// Input never traps: nesting deeper than `maximumDepth` is refused.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) { try self.init(parsing: bytes[...]) }

    /// The same for a part of a text, in whose own lines an error says where it is.
    package init(parsing bytes: ArraySlice<UInt8>) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes)
        self = try parser.document()
    }
}

private struct JSONParser {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func document() throws(JSONSyntaxError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhitespace()
        guard position == bytes.endIndex else { throw failure("unexpected text after the value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth <= JSONValue.maximumDepth else { throw failure("nested deeper than \(JSONValue.maximumDepth)") }
        skipWhitespace()
        guard let byte = peek() else { throw failure("unexpected end of input") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw failure("expected a value")
        }
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONObject {
        position += 1
        var members: [JSONObject.Member] = []
        skipWhitespace()
        if accept("}") { return JSONObject() }
        members.reserveCapacity(4)
        repeat {
            skipWhitespace()
            guard peek() == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
            let key = try string()
            skipWhitespace()
            guard accept(":") else { throw failure("expected ':' after the key \"\(key)\"") }
            members.append(JSONObject.Member(key: key, value: try value(depth: depth + 1)))
            skipWhitespace()
        } while accept(",")
        guard accept("}") else { throw failure("expected ',' or '}'") }
        return JSONObject(members: members)
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> [JSONValue] {
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if accept("]") { return elements }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipWhitespace()
        } while accept(",")
        guard accept("]") else { throw failure("expected ',' or ']'") }
        return elements
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        for expected in text.utf8 {
            guard peek() == expected else { throw failure("expected \(text)") }
            position += 1
        }
        return value
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        _ = accept("-")
        if !accept("0") { try digits() }
        if accept(".") { try digits() }
        if accept("e") || accept("E") {
            if !accept("+") { _ = accept("-") }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        var isASCII = true
        // Nearly all are as they stand there.
        while position < bytes.endIndex {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") { return try text(bytes[start..<position], isASCII: isASCII) }
            if byte < 0x20 || byte == UInt8(ascii: "\\") { break }
            if byte >= 0x80 { isASCII = false }
            position += 1
        }
        var content = Array(bytes[start..<position])
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""): return try text(content[...], isASCII: false)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &content)
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default:
                content.append(byte)
                position += 1
            }
        }
        throw failure("the string does not end")
    }

    /// A string's text; what is read goes on behind its closing quote.
    ///
    /// - Parameter isASCII: true where that is known: looking for errors takes longer than all the rest.
    private mutating func text(_ content: ArraySlice<UInt8>, isASCII: Bool) throws(JSONSyntaxError) -> String {
        if isASCII {
            position += 1
            return String(decoding: content, as: UTF8.self)
        }
        guard let text = String(validating: content, as: UTF8.self) else { throw failure("the string is not UTF-8") }
        position += 1
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = peek() else { throw failure("the string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0c)
        case UInt8(ascii: "n"): content.append(0x0a)
        case UInt8(ascii: "r"): content.append(0x0d)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content += Array(String(Character(try unicodeEscape())).utf8)
        default: throw failure("unknown escape")
        }
    }

    /// Reads what follows `\u`; a lone surrogate becomes U+FFFD, as Go's decoder has it.
    private mutating func unicodeEscape() throws(JSONSyntaxError) -> UnicodeScalar {
        let replacement: UnicodeScalar = "\u{fffd}"
        let first = try fourHexDigits()
        guard (0xd800..<0xdc00).contains(first) else { return UnicodeScalar(first) ?? replacement }
        let resume = position
        guard accept("\\"), accept("u") else {
            position = resume
            return replacement
        }
        let second = try fourHexDigits()
        guard (0xdc00..<0xe000).contains(second) else {
            position = resume
            return replacement
        }
        return UnicodeScalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? replacement
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hex digits after \\u")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    private func peek() -> UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func accept(_ character: UnicodeScalar) -> Bool {
        guard let byte = peek(), UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = peek(), byte <= 0x20, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            position += 1
        }
    }

    private func failure(_ reason: String) -> JSONSyntaxError {
        let before = bytes[..<position]
        let line = before.count { $0 == 0x0a } + 1
        let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? bytes.startIndex
        return JSONSyntaxError(line: line, column: position - lineStart + 1, reason: reason)
    }
}
