package import JSON

/// Reads the part of YAML in which manifests are written, many times as fast as a parser of the whole language.
///
/// That is mappings, sequences, scalars of one line, literal texts, flow collections and comments. A document that
/// contains anything else (anchors, tags, folded text, tabs, …), or an error, is refused as a whole: `YAMLTree` has the
/// words for it. What is accepted has exactly the value that `YAMLTree` gives it.
package struct PlainYAML {
    /// The document needs a parser of the whole language.
    struct Refusal: Error {}

    /// Less than JSON's, so that what is accepted can be written as JSON.
    private static let maximumDepth = 100

    let text: ArraySlice<UInt8>
    var position: Int
    var lineStart: Int
    /// Of the line's content, once it is reached; -1 at the end of the text, which ends every collection.
    private var column = 0

    /// The value of a document; nil where it is to be read by `YAMLTree`.
    package static func value(_ text: ArraySlice<UInt8>) -> JSONValue? {
        guard isPlain(text) else { return nil }
        var reader = PlainYAML(text)
        return try? reader.document()
    }

    private init(_ text: ArraySlice<UInt8>) {
        self.text = text
        position = text.startIndex
        lineStart = text.startIndex
    }

    private mutating func document() throws(Refusal) -> JSONValue {
        if starts(with: "---") {
            position += 3
            guard isBlank(at: position) else { throw Refusal() }
            try endLine()
        } else {
            try findContent()
        }
        guard column >= 0 else { throw Refusal() }
        let value = try node(within: -1, depth: 0)
        guard column < 0 else { throw Refusal() }
        return value
    }

    /// Reads what stands here, in a place of its own, and goes on to the next content.
    ///
    /// - Parameter outer: the column of the collection around it.
    private mutating func node(within outer: Int, depth: Int) throws(Refusal) -> JSONValue {
        guard depth < Self.maximumDepth else { throw Refusal() }
        if isDash { return try sequence(at: column, sharesColumn: false, depth: depth) }
        if let key = try key() { return try mapping(at: column, key, depth: depth) }
        return try leaf(within: outer, depth: depth)
    }

    /// Reads an entry's value that is no block collection.
    private mutating func leaf(within outer: Int, depth: Int) throws(Refusal) -> JSONValue {
        let value: JSONValue
        switch byte {
        case UInt8(ascii: "|"):
            value = .string(try literal(within: outer))
            try findContent()
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            value = try flow(depth: depth)
            try endLine()
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            value = .string(try quoted())
            try endLine()
        default:
            let scalar = try plain(inFlow: false)
            if scalar.isKey { throw Refusal() }
            value = plainValue(text[scalar.range])
            try endLine()
        }
        // What is deeper would go on with the scalar, or is an error.
        guard column <= outer else { throw Refusal() }
        return value
    }

    private mutating func mapping(at indent: Int, _ first: String, depth: Int) throws(Refusal) -> JSONValue {
        var members = Members()
        var key = first
        while true {
            try members.append(key, try mappedValue(at: indent, depth: depth + 1))
            guard column >= indent else { return .object(JSONObject(members: members.list)) }
            guard column == indent, !isDash, let next = try self.key() else { throw Refusal() }
            key = next
        }
    }

    /// What follows a key and its colon.
    private mutating func mappedValue(at indent: Int, depth: Int) throws(Refusal) -> JSONValue {
        skipSpaces()
        guard isAtLineEnd else { return try leaf(within: indent, depth: depth) }
        try endLine()
        if column > indent { return try node(within: indent, depth: depth) }
        // A sequence may stand right below its key.
        return column == indent && isDash ? try sequence(at: indent, sharesColumn: true, depth: depth) : .null
    }

    /// - Parameter sharesColumn: true where the keys of the mapping around the sequence stand in the same column.
    private mutating func sequence(at indent: Int, sharesColumn: Bool, depth: Int) throws(Refusal) -> JSONValue {
        guard depth < Self.maximumDepth else { throw Refusal() }
        var elements: [JSONValue] = []
        while true {
            position += 1
            skipSpaces()
            if isAtLineEnd {
                try endLine()
                elements.append(column > indent ? try node(within: indent, depth: depth + 1) : .null)
            } else {
                column = position - lineStart
                elements.append(try node(within: indent, depth: depth + 1))
            }
            guard column >= indent else { return .array(elements) }
            guard column == indent else { throw Refusal() }
            if !isDash {
                guard sharesColumn else { throw Refusal() }
                return .array(elements)
            }
        }
    }

    /// Reads a key and its colon; nil, and nothing is read, where there is none.
    private mutating func key() throws(Refusal) -> String? {
        let start = position
        let key: String
        switch byte {
        case UInt8(ascii: "|"), UInt8(ascii: "["), UInt8(ascii: "{"): return nil
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            key = try quoted()
            skipSpaces()
            guard byte == UInt8(ascii: ":"), isBlank(at: position + 1) else {
                position = start
                return nil
            }
        default:
            let scalar = try plain(inFlow: false)
            guard scalar.isKey else {
                position = start
                return nil
            }
            key = String(decoding: text[scalar.range], as: UTF8.self)
        }
        try checkKeyLength(from: start)
        position += 1
        return key
    }

    /// Goes on behind a value: nothing but a comment may follow in its line.
    private mutating func endLine() throws(Refusal) {
        skipSpaces()
        guard isAtLineEnd else { throw Refusal() }
        skipLine()
        try findContent()
    }

    /// Goes to the first content from the beginning of a line on.
    private mutating func findContent() throws(Refusal) {
        while position < text.endIndex {
            lineStart = position
            skipSpaces()
            guard isAtLineEnd else {
                column = position - lineStart
                if column == 0, starts(with: "---") || starts(with: "...") { throw Refusal() }
                return
            }
            skipLine()
        }
        column = -1
    }
}

/// The members of an object, each key once.
struct Members {
    private(set) var list: [JSONObject.Member] = []
    /// Of long objects only: a few are looked through faster.
    private var names: Set<String> = []

    mutating func append(_ key: String, _ value: JSONValue) throws(PlainYAML.Refusal) {
        if list.isEmpty { list.reserveCapacity(4) }
        if list.count < 16 {
            for member in list where member.key == key { throw PlainYAML.Refusal() }
        } else {
            if names.isEmpty { names = Set(list.map(\.key)) }
            guard names.insert(key).inserted else { throw PlainYAML.Refusal() }
        }
        list.append(JSONObject.Member(key: key, value: value))
    }
}
