extension PlainYAML {
    /// Finds the end of a plain scalar, which lies in one line, without the spaces behind it.
    ///
    /// - Returns: also whether it is a key: whether a colon follows, at which the reader stands then.
    mutating func plain(inFlow: Bool) throws(Refusal) -> (range: Range<Int>, isKey: Bool) {
        guard startsPlain else { throw Refusal() }
        let start = position
        // The end of what is no space.
        var end = start
        while position < text.endIndex {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\n"): return (start..<end, false)
            case UInt8(ascii: " "):
                position += 1
                continue
            case UInt8(ascii: "#"):
                if end < position { return (start..<end, false) }
            case UInt8(ascii: ":"):
                if isBlank(at: position + 1) { return (start..<end, true) }
                if inFlow, Self.isFlowIndicator(text[position + 1]) { throw Refusal() }
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"):
                if inFlow { return (start..<end, false) }
            case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "?"):
                if inFlow { throw Refusal() }
            default: break
            }
            position += 1
            end = position
        }
        return (start..<end, false)
    }

    /// Letters, digits and a few more, but no indicator and no `<`: those may mean something else here.
    private var startsPlain: Bool {
        switch byte {
        case UInt8(ascii: "-"):
            return position + 1 < text.endIndex && Self.startsWord(text[position + 1])
        case let byte?: return Self.startsWord(byte)
        case nil: return false
        }
    }

    private static func startsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "~"),
            UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "("), UInt8(ascii: "$"), UInt8(ascii: "="), 0x80...0xff:
            true
        default: false
        }
    }

    private static func isFlowIndicator(_ byte: UInt8) -> Bool {
        [
            UInt8(ascii: ","), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"),
        ]
        .contains(byte)
    }

    /// A key ends after 1,024 characters at most (YAML 1.2, 7.4.2).
    func checkKeyLength(from start: Int) throws(Refusal) {
        guard position - start < 1000 else { throw Refusal() }
    }

    /// Reads a quoted text of one line.
    mutating func quoted() throws(Refusal) -> String {
        let quote = byte
        position += 1
        let start = position
        // Only where something in it is written otherwise than it is meant.
        var content: [UInt8]?
        while let byte, byte != UInt8(ascii: "\n") {
            position += 1
            if byte == quote {
                // In single quotes, two of them are one.
                guard quote == UInt8(ascii: "'"), self.byte == quote else {
                    return String(decoding: content.map { $0[...] } ?? text[start..<position - 1], as: UTF8.self)
                }
                if content == nil { content = Array(text[start..<position - 1]) }
                content?.append(byte)
                position += 1
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                if content == nil { content = Array(text[start..<position - 1]) }
                content?.append(try escape())
            } else {
                content?.append(byte)
            }
        }
        throw Refusal()
    }

    private mutating func escape() throws(Refusal) -> UInt8 {
        let letter = byte
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return letter ?? 0
        case UInt8(ascii: "n"): return UInt8(ascii: "\n")
        case UInt8(ascii: "r"): return UInt8(ascii: "\r")
        case UInt8(ascii: "t"): return UInt8(ascii: "\t")
        default: throw Refusal()
        }
    }
}
