import Yams

extension YAMLTree {
    /// The document as JSON, so that YAML and JSON are decoded by one decoder, as kubectl does.
    ///
    /// - Throws: `YAMLSyntaxError` where aliases make a small text a huge one, or a key is not a text.
    package func json() throws(YAMLSyntaxError) -> [UInt8] {
        var writer = JSONWriter(limit: 8 * textLength + 65536)
        if let root { try writer.write(root) } else { writer.write("null") }
        return writer.bytes
    }
}

private struct JSONWriter {
    /// How deep values may lie within each other; the parser bounds what is written out, but not chains of aliases.
    private static let maximumDepth = 512

    /// Of bytes and of steps: JSON is hardly longer than its YAML, but aliases of aliases grow without bound.
    let limit: Int
    var bytes: [UInt8] = []
    /// How many nodes were visited, each as often as aliases and merge keys lead to it.
    private var steps = 0

    init(limit: Int) { self.limit = limit }

    mutating func write(_ text: String) { bytes += text.utf8 }

    mutating func write(_ node: Node, depth: Int = 0) throws(YAMLSyntaxError) {
        try spend(1, depth: depth)
        switch node {
        case .scalar(let scalar): write(scalar)
        case .sequence(let sequence):
            write("[")
            for (index, element) in sequence.enumerated() {
                if index > 0 { write(",") }
                try write(element, depth: depth + 1)
            }
            write("]")
        case .mapping(let mapping):
            write("{")
            var isFirst = true
            for (key, value) in try fields(of: mapping) {
                if !isFirst { write(",") }
                isFirst = false
                writeString(key)
                write(":")
                try write(value, depth: depth + 1)
            }
            write("}")
        case .alias: write("null")
        }
    }

    /// The mapping's own fields, then those that merge keys (`<<`) bring and it has not.
    private mutating func fields(of mapping: Node.Mapping) throws(YAMLSyntaxError) -> [(String, Node)] {
        var fields: [(String, Node)] = []
        var names: Set<String> = []
        try collect(mapping, into: &fields, &names, depth: 0)
        return fields
    }

    private mutating func collect(
        _ mapping: Node.Mapping, into fields: inout [(String, Node)], _ names: inout Set<String>, depth: Int
    ) throws(YAMLSyntaxError) {
        try spend(mapping.count + 1, depth: depth)
        var merged: [Node] = []
        for (key, value) in mapping {
            guard let scalar = key.scalar else {
                throw YAMLSyntaxError(line: key.mark?.line, text: "a key of a mapping is not a text")
            }
            if scalar.string == "<<", scalar.style == .plain {
                merged += value.sequence.map(Array.init) ?? [value]
            } else if names.insert(scalar.string).inserted {
                fields.append((scalar.string, value))
            }
        }
        try spend(merged.count, depth: depth)
        for case .mapping(let other) in merged { try collect(other, into: &fields, &names, depth: depth + 1) }
    }

    private mutating func spend(_ count: Int, depth: Int) throws(YAMLSyntaxError) {
        steps += count
        guard steps < limit, bytes.count < limit, depth < Self.maximumDepth else {
            throw YAMLSyntaxError(text: "the document's aliases expand to too much")
        }
    }

    private mutating func write(_ scalar: Node.Scalar) {
        let tag = scalar.tag.rawValue
        let isPlain = scalar.style == .plain && tag == Tag.Name.implicit.rawValue
        guard isPlain || [Tag.Name.int, .float, .bool, .null].contains(where: { $0.rawValue == tag }) else {
            return writeString(scalar.string)
        }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": write("null")
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": write("true")
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": write("false")
        default:
            if let number = jsonNumber(scalar.string) { write(number) } else { writeString(scalar.string) }
        }
    }

    private mutating func writeString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                write("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
