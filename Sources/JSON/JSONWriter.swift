extension JSONValue {
    /// The value as compact JSON text.
    package var serialized: String {
        var text = ""
        write(to: &text)
        return text
    }

    /// The value as JSON text for people, with a line for each member and element.
    package var indented: String {
        var text = ""
        write(to: &text, indentation: 0)
        return text
    }

    /// - Parameter indentation: the depth in steps of two blanks; nil for compact text.
    private func write(to text: inout String, indentation: Int? = nil) {
        func startLine(_ steps: Int) {
            if let indentation { text += "\n" + String(repeating: "  ", count: indentation + steps) }
        }
        let inner = indentation.map { $0 + 1 }
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let string): Self.quote(string, to: &text)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                startLine(1)
                element.write(to: &text, indentation: inner)
            }
            if !elements.isEmpty { startLine(0) }
            text += "]"
        case .object(let object):
            text += "{"
            for (index, member) in object.members.enumerated() {
                if index > 0 { text += "," }
                startLine(1)
                Self.quote(member.key, to: &text)
                text += indentation == nil ? ":" : ": "
                member.value.write(to: &text, indentation: inner)
            }
            if !object.isEmpty { startLine(0) }
            text += "}"
        }
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case UnicodeScalar(0)..<UnicodeScalar(0x20):
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
