package import JSON
import Yams

extension YAMLTree {
    /// The document's value, so that YAML and JSON are decoded by one decoder, as kubectl does.
    ///
    /// - Throws: `YAMLSyntaxError` where aliases make a small text a huge one, or a key is not a text.
    package func value() throws(YAMLSyntaxError) -> JSONValue {
        guard let root else { return .null }
        var expansion = Expansion(limit: 8 * textLength + 65536)
        let value = try expansion.value(root)
        guard expansion.depth <= JSONValue.maximumDepth else {
            throw YAMLSyntaxError(text: "nested deeper than \(JSONValue.maximumDepth)")
        }
        return value
    }
}

/// The work of following aliases and merge keys, which has bounds.
private struct Expansion {
    /// How deep nodes may lie within each other; the parser bounds what is written out, but not chains of aliases.
    private static let maximumDepth = 512

    /// Of texts' bytes and of nodes, each as often as aliases and merge keys lead to it: aliases of aliases grow without
    /// bound.
    let limit: Int
    private var spent = 0
    /// Of the deepest value so far.
    private(set) var depth = 0

    init(limit: Int) { self.limit = limit }

    mutating func value(_ node: Node, depth: Int = 0) throws(YAMLSyntaxError) -> JSONValue {
        try spend(1, depth: depth)
        self.depth = max(self.depth, depth)
        switch node {
        case .scalar(let scalar):
            try spend(scalar.string.utf8.count, depth: depth)
            return value(scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(element, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, node) in try fields(of: mapping) { object.append(key, try value(node, depth: depth + 1)) }
            return .object(object)
        case .alias: return .null
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
            try spend(scalar.string.utf8.count, depth: depth)
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
        spent += count
        guard spent < limit, depth < Self.maximumDepth else {
            throw YAMLSyntaxError(text: "the document's aliases expand to too much")
        }
    }

    private func value(_ scalar: Node.Scalar) -> JSONValue {
        let tag = scalar.tag.rawValue
        let isPlain = scalar.style == .plain && tag == Tag.Name.implicit.rawValue
        guard isPlain || [Tag.Name.int, .float, .bool, .null].contains(where: { $0.rawValue == tag }) else {
            return .string(scalar.string)
        }
        return plainValue(Array(scalar.string.utf8)[...])
    }
}
