package import JSON
import Yams

/// A value as people read it best.
package enum YAMLText {
    /// One document in block style; texts that YAML would read as something else are quoted.
    package static func text(_ value: JSONValue) throws -> String { try Yams.serialize(node: node(value)) }

    private static func node(_ value: JSONValue) -> Yams.Node {
        switch value {
        case .null: Yams.Node("null", Tag(.null))
        case .bool(let flag): Yams.Node(flag ? "true" : "false", Tag(.bool))
        case .number(let digits): Yams.Node(digits, Tag(digits.contains { ".eE".contains($0) } ? .float : .int))
        case .string(let text): Yams.Node(text, Tag(.str), .doubleQuoted)
        case .array(let values): Yams.Node(values.map(node), Tag(.seq), values.isEmpty ? .flow : .block)
        case .object(let object):
            Yams.Node(
                object.members.map { (Yams.Node($0.key, Tag(.str)), node($0.value)) }, Tag(.map),
                object.isEmpty ? .flow : .block)
        }
    }
}
