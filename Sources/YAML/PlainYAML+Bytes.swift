extension PlainYAML {
    /// The byte at which the reader stands; nil at the end.
    var byte: UInt8? { position < text.endIndex ? text[position] : nil }

    /// True for a sequence's `-`.
    var isDash: Bool { byte == UInt8(ascii: "-") && isBlank(at: position + 1) }

    /// True at the end of a line, or at the comment in front of it.
    var isAtLineEnd: Bool {
        switch byte {
        case nil, UInt8(ascii: "\n"): true
        // Without a space in front it is no comment.
        case UInt8(ascii: "#"): position == lineStart || text[position - 1] == UInt8(ascii: " ")
        default: false
        }
    }

    /// True for a space, the end of a line and the end of the text.
    func isBlank(at index: Int) -> Bool {
        guard index < text.endIndex else { return true }
        return text[index] == UInt8(ascii: " ") || text[index] == UInt8(ascii: "\n")
    }

    func starts(with word: StaticString) -> Bool { text[position...].starts(with: "\(word)".utf8) }

    mutating func skipSpaces() {
        while position < text.endIndex, text[position] == UInt8(ascii: " ") { position += 1 }
    }

    /// Goes behind the end of the line.
    mutating func skipLine() {
        while position < text.endIndex {
            position += 1
            if text[position - 1] == UInt8(ascii: "\n") { return }
        }
    }

    /// True for a text without tabs, line ends of other kinds, what YAML does not allow, and what is no UTF-8.
    static func isPlain(_ text: ArraySlice<UInt8>) -> Bool {
        var isASCII = true
        for byte in text {
            if byte < 0x20 {
                if byte != UInt8(ascii: "\n") { return false }
            } else if byte >= 0x7f {
                if byte == 0x7f { return false }
                isASCII = false
            }
        }
        return isASCII || hasPlainCharacters(text)
    }

    /// The same beyond ASCII.
    private static func hasPlainCharacters(_ text: ArraySlice<UInt8>) -> Bool {
        guard let characters = String(validating: text, as: UTF8.self) else { return false }
        return characters.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            // Controls, among them a line end, and two more of these.
            case 0x80..<0xa0, 0x2028, 0x2029: false
            // The byte order mark, and what is no character.
            case 0xfeff, 0xfffe, 0xffff: false
            default: true
            }
        }
    }
}
