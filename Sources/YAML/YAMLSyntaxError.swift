import Yams

/// Text that is no YAML.
package struct YAMLSyntaxError: Error {
    /// Of the document, from 1; nil where the parser does not know.
    package var line: Int?
    package var text: String

    package init(line: Int? = nil, text: String) {
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
