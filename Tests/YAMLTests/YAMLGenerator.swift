/// Makes YAML documents at random: every style of collections and scalars, comments, empty lines, and faults.
struct YAMLGenerator {
    /// Forms that `PlainYAML` leaves to the other parser, besides those that it reads.
    let hasRareForms: Bool
    private var state: UInt64

    init(seed: Int, hasRareForms: Bool) {
        self.hasRareForms = hasRareForms
        state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 | 1
    }

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    private mutating func one<Element>(of list: [Element]) -> Element { list[next(list.count)] }

    mutating func document() -> String {
        var text = one(of: ["", "", "---\n", "---   # first\n", "# first\n\n", "\n"])
        text += next(8) == 0 ? flow(depth: 0) + lineEnd() : mapping(indent: 0, depth: 0)
        if next(8) == 0 { text += one(of: ["# last", "\n\n", "   \n", "  # last\n"]) }
        if next(8) == 0, text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// The document with a few characters that are missing, too many or others.
    mutating func damaged(_ document: String) -> [UInt8] {
        let characters = Array("\n\n   --::#[]{},\"'|>&*!%@`?\\~=<.\t\r0a_\u{7f}".utf8)
        var bytes = Array(document.utf8)
        for _ in 0...next(3) where !bytes.isEmpty {
            let place = next(bytes.count)
            switch next(3) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(one(of: characters), at: place)
            default: bytes[place] = one(of: characters)
            }
        }
        return bytes
    }

    private mutating func lineEnd() -> String {
        one(of: [
            "\n", "\n", "\n", "\n", " \n", " # why\n", "   # why: [not]\n", "\n\n", "\n  \n", "\n# whole line\n",
            "\n        # deep\n",
        ])
    }

    private mutating func mapping(indent: Int, depth: Int, isCompact: Bool = false) -> String {
        let margin = String(repeating: " ", count: indent)
        return (0...next(4)).map { number in
            (number == 0 && isCompact ? "" : margin) + key(number) + one(of: [":", ":", ":", " :"])
                + value(indent: indent, depth: depth + 1, mayShareColumn: true)
        }.joined()
    }

    private mutating func sequence(indent: Int, depth: Int, isCompact: Bool = false) -> String {
        let margin = String(repeating: " ", count: indent)
        return (0...next(3)).map { number in
            let dash = (number == 0 && isCompact ? "" : margin) + "-"
            let spaces = 1 + next(3)
            let inner = indent + 1 + spaces
            let gap = String(repeating: " ", count: spaces)
            switch depth > 4 ? 3 : next(4) {
            case 0: return dash + gap + mapping(indent: inner, depth: depth + 1, isCompact: true)
            case 1: return dash + gap + sequence(indent: inner, depth: depth + 1, isCompact: true)
            default: return dash + value(indent: indent, depth: depth + 1, mayShareColumn: false)
            }
        }.joined()
    }

    /// What stands behind a key or a dash, to the end of its last line.
    private mutating func value(indent: Int, depth: Int, mayShareColumn: Bool) -> String {
        let inner = indent + 1 + next(4)
        switch depth > 4 ? 4 + next(6) : next(10) {
        case 0, 1: return lineEnd() + mapping(indent: inner, depth: depth)
        case 2: return lineEnd() + sequence(indent: mayShareColumn && next(2) == 0 ? indent : inner, depth: depth)
        case 3: return one(of: [" ", "   "]) + flow(depth: depth) + lineEnd()
        case 4: return literal(indent: inner)
        case 5: return lineEnd()
        case 6: return "\n" + String(repeating: " ", count: inner) + scalar(inFlow: false) + lineEnd()
        default: return one(of: [" ", "   "]) + scalar(inFlow: false) + lineEnd()
        }
    }

    private mutating func literal(indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        let mark = hasRareForms ? one(of: ["|", "|-", "|+", ">", ">-", "|2", "|1-"]) : one(of: ["|", "|-", "|+"])
        let lines = (0...next(4)).map { number -> String in
            if number > 0, next(4) == 0 { return one(of: ["\n", "  \n", margin + "   \n"]) }
            return margin + one(of: ["text", "# no comment", "a: [b", "- x ", "ümlaut", "\"q'"]) + "\n"
        }
        return " " + mark + one(of: ["", "", " # why"]) + "\n" + lines.joined() + one(of: ["", "", "\n", "\n \n"])
    }

    private mutating func flow(depth: Int) -> String {
        let count = depth > 4 ? 0 : next(4)
        let isMapping = next(2) == 0
        let entries = (0..<count).map { number -> String in
            let value = next(3) == 0 ? flow(depth: depth + 1) : scalar(inFlow: true)
            guard isMapping else { return value }
            let key = key(number)
            return key + one(of: key.hasPrefix("\"") ? [":", ": ", " : "] : [": ", ":   ", ":\n "]) + value
        }
        let space = [" ", "", "\n", "\n    ", " # why\n"]
        let inner = entries.reduce("") { $0 + ($0.isEmpty ? one(of: space) : "," + one(of: space)) + $1 }
        return (isMapping ? "{" : "[") + inner + one(of: ["", " ", "\n"]) + (isMapping ? "}" : "]")
    }

    private mutating func key(_ number: Int) -> String {
        let names = ["a", "name", "app.kubernetes.io/name", "x-y", "true", "80", "k v", "ä", "a:b"]
        let name = one(of: names) + "\(number)"
        return one(of: [name, name, name, "\"\(name)\"", "'\(name)'"])
    }

    private mutating func scalar(inFlow: Bool) -> String {
        let rare = [
            "&x a", "*x", "!!int '5'", "!!str 5", "\"\\u00e4\"", "'two\n   lines'", "? a", "- a", "\"two\n   lines\"",
            "a\n   b", "@a", "`a`", "%a", "?a", ":a", "a: b", "a :b", "#", "\"\\x41\"", "<<", "*.x", "|", ">a",
        ]
        let plain = [
            "a", "web", "10.0.0.1", "fd00::1", "a#b", "a b  c", "it's", "a\"b", "http://x/y", "-x", "=", "(a)", "$x",
            "a/b", "ä ö", "x - y", "2026-01-31T12:00:00Z", "k8s.io", "a&b", "a*b", "a!b", "x|y", "100%", "50m",
        ]
        let quoted = [
            "\"\"", "''", "\"a\"", "'a'", "\"a: b # c\"", "'it''s'", "\"\\\"\\\\\\/\\n\\t\\r\"", "\"80\"", "'on'",
            "'\\n'",
            "\"ä\"", "\"{}\"", "'[,'",
        ]
        let inBlock = inFlow ? [] : ["a, b", "a[0]", "x{y}", "a]", "fd00::", "a?", "-1,5"]
        switch next(hasRareForms ? 5 : 4) {
        case 0: return one(of: Self.numbers)
        case 1: return one(of: quoted)
        case 4: return one(of: rare)
        default: return one(of: plain + inBlock)
        }
    }

    /// Words and numbers in all their forms, and what only looks like one.
    static let numbers = [
        "0", "80", "08080", "017", "0o17", "0x1F", "0b101", "1_000", "80.", ".5", "-.5", "+5", "-5", "1e3", "1.5e+3",
        "12:30",
        "1.2.3", "true", "Yes", "off", "y", "N", "~", "null", "Null", "nULL", "tRUE", "0x", "1e", "-0", "1_", "_1",
        "18446744073709551616", "-9223372036854775808", "1e400", "2024-01-01", ".inf",
    ]
}
