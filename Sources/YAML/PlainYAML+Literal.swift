extension PlainYAML {
    /// Reads a literal text (`|`), and goes to the beginning of the line behind it.
    ///
    /// - Parameter outer: the column that all its lines are deeper than.
    mutating func literal(within outer: Int) throws(Refusal) -> String {
        position += 1
        let chomping = byte
        if chomping == UInt8(ascii: "-") || chomping == UInt8(ascii: "+") { position += 1 }
        skipSpaces()
        guard isAtLineEnd else { throw Refusal() }
        skipLine()
        var content: [UInt8] = []
        var emptyLines = 0
        // The first line's own; nil before it.
        var indent: Int?
        while position < text.endIndex {
            lineStart = position
            skipSpaces()
            let spaces = position - lineStart
            let isEmpty = byte == UInt8(ascii: "\n") && spaces <= indent ?? 0
            if isEmpty {
                emptyLines += 1
                position += 1
                continue
            }
            if let indent, spaces < indent {
                position = lineStart
                break
            }
            guard indent != nil || spaces > max(outer, 0) else { throw Refusal() }
            // Spaces alone before the first line would count for the indentation.
            guard indent != nil || byte != UInt8(ascii: "\n") else { throw Refusal() }
            let start = lineStart + (indent ?? spaces)
            indent = indent ?? spaces
            skipLine()
            // Whether a text without the last line's end has one is for the other parser to say.
            guard text[position - 1] == UInt8(ascii: "\n") else { throw Refusal() }
            content.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: emptyLines))
            emptyLines = 0
            content += text[start..<position]
        }
        guard indent != nil else { throw Refusal() }
        if chomping == UInt8(ascii: "-") { content.removeLast() }
        if chomping == UInt8(ascii: "+") {
            content.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: emptyLines))
        }
        return String(decoding: content, as: UTF8.self)
    }
}
