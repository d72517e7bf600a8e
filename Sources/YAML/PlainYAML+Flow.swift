import JSON

extension PlainYAML {
    /// How deep flow collections may lie within others.
    private static let maximumDepth = 100

    /// Reads a collection in brackets or braces.
    mutating func flow(depth: Int) throws(Refusal) -> JSONValue {
        guard depth < Self.maximumDepth else { throw Refusal() }
        let isMapping = byte == UInt8(ascii: "{")
        let end = isMapping ? UInt8(ascii: "}") : UInt8(ascii: "]")
        position += 1
        try skipBetween()
        var members = Members()
        var elements: [JSONValue] = []
        if byte == end {
            position += 1
            return isMapping ? .object(JSONObject()) : .array([])
        }
        while true {
            if isMapping {
                let key = try flowKey()
                try skipBetween()
                try members.append(key, try flowValue(depth: depth + 1))
            } else {
                elements.append(try flowValue(depth: depth + 1))
            }
            try skipBetween()
            if byte == end {
                position += 1
                return isMapping ? .object(JSONObject(members: members.list)) : .array(elements)
            }
            guard byte == UInt8(ascii: ",") else { throw Refusal() }
            position += 1
            try skipBetween()
        }
    }

    private mutating func flowValue(depth: Int) throws(Refusal) -> JSONValue {
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "{"): return try flow(depth: depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try quoted())
        default:
            let scalar = try plain(inFlow: true)
            if scalar.isKey { throw Refusal() }
            return plainValue(text[scalar.range])
        }
    }

    /// Reads a key and its colon, which stand in one line.
    private mutating func flowKey() throws(Refusal) -> String {
        let start = position
        let key: String
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            key = try quoted()
            skipSpaces()
            guard byte == UInt8(ascii: ":") else { throw Refusal() }
        } else {
            let scalar = try plain(inFlow: true)
            guard scalar.isKey else { throw Refusal() }
            key = String(decoding: text[scalar.range], as: UTF8.self)
        }
        try checkKeyLength(from: start)
        position += 1
        return key
    }

    /// Skips spaces, ends of lines and comments between tokens.
    private mutating func skipBetween() throws(Refusal) {
        while true {
            skipSpaces()
            guard position < text.endIndex, isAtLineEnd else { return }
            skipLine()
            lineStart = position
            if starts(with: "---") || starts(with: "...") { throw Refusal() }
        }
    }
}
