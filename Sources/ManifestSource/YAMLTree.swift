import KubeModel
import Yams

/// The parsed text of one document, for its lines and for its conversion to JSON.
///
/// JSON is YAML, so this also finds the lines of JSON documents.
struct YAMLTree {
    let root: Yams.Node?
    /// In bytes.
    let textLength: Int

    /// - Throws: `YAMLSyntaxError`.
    init(_ text: String) throws(YAMLSyntaxError) {
        textLength = text.utf8.count
        do {
            root = try compose(yaml: text, .basic)
        } catch {
            throw YAMLSyntaxError(error)
        }
    }

    /// The line on which a field stands, from 1; the nearest line above it where the field is missing.
    func line(of path: FieldPath) -> Int {
        var line = root?.mark?.line ?? 1
        var node = root
        for step in path.steps {
            switch (step, node) {
            case (.key(let key), .mapping(let mapping)):
                guard let pair = mapping.first(where: { $0.key.scalar?.string == key }) else { return line }
                line = pair.key.mark?.line ?? line
                node = pair.value
            case (.index(let index), .sequence(let sequence)):
                guard sequence.indices.contains(index) else { return line }
                node = sequence[index]
                line = node?.mark?.line ?? line
            default: return line
            }
        }
        return line
    }
}

/// Text that is no YAML.
struct YAMLSyntaxError: Error {
    /// From 1; nil where the parser does not know.
    var line: Int?
    var text: String

    init(line: Int? = nil, text: String) {
        self.line = line
        self.text = text
    }

    init(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let where_ = context.map { " (\($0.text) since line \($0.mark.line))" } ?? ""
            self.init(line: mark.line, text: problem + where_)
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            self.init(line: context.mark.line, text: "the key \(duplicates.joined(separator: ", ")) stands twice")
        case YamlError.reader(let problem, _, _, _):
            self.init(text: problem)
        default:
            self.init(text: "\(error)")
        }
    }
}
