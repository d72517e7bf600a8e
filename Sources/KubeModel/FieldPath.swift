/// Where a field lies in a document, such as `spec.ports[0].port`; empty for the document itself.
package struct FieldPath: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    package var steps: [Step]

    package init(_ steps: [Step] = []) { self.steps = steps }

    package init(_ codingPath: [any CodingKey]) {
        steps = codingPath.map { key in key.intValue.map(Step.index) ?? .key(key.stringValue) }
    }

    package static func + (path: FieldPath, step: Step) -> FieldPath { FieldPath(path.steps + [step]) }

    /// The rest of this path below another one; the whole path when it does not lie there.
    package func relative(to base: FieldPath) -> FieldPath {
        steps.starts(with: base.steps) ? FieldPath(Array(steps.dropFirst(base.steps.count))) : self
    }
}

extension FieldPath: CustomStringConvertible {
    package var description: String {
        steps.reduce(into: "") { text, step in
            switch step {
            case .key(let key) where key.contains(where: { !($0.isLetter || $0.isNumber || $0 == "_") }):
                text += "[\"\(key)\"]"
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
    }
}

/// A remark about one field: why it is wrong, or that its value is passed over.
package struct FieldRemark: Sendable, Hashable {
    package var path: FieldPath
    /// What is wrong, and with what, such as `70000 is not a port (1 to 65535)`.
    package var text: String

    package init(path: FieldPath, text: String) {
        self.path = path
        self.text = text
    }
}

extension FieldRemark: CustomStringConvertible {
    package var description: String { path.steps.isEmpty ? text : "\(path): \(text)" }
}
