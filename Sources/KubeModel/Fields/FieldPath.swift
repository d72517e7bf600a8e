/// Where a field lies in a document, such as `spec.ports[0].port`; empty for the document itself.
package struct FieldPath: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case key(String)
        case index(Int)
    }

    package var steps: [Step]

    package init(_ steps: [Step] = []) { self.steps = steps }

    package static func + (path: FieldPath, rest: FieldPath) -> FieldPath { FieldPath(path.steps + rest.steps) }

    /// The rest of this path below another one; the whole path when it does not lie there.
    package func relative(to base: FieldPath) -> FieldPath {
        steps.starts(with: base.steps) ? FieldPath(Array(steps.dropFirst(base.steps.count))) : self
    }
}

extension FieldPath: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Step...) { self.init(elements) }
}

extension FieldPath.Step: ExpressibleByStringLiteral {
    package init(stringLiteral key: String) { self = .key(key) }
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
