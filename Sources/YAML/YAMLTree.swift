import Yams

/// The parsed text of one document, for its lines and for its conversion to JSON.
///
/// JSON is YAML, so this also finds the lines of JSON documents.
package struct YAMLTree {
    /// One step from a value to one within it.
    package enum Step: Sendable {
        case key(String)
        case index(Int)
    }

    let root: Yams.Node?
    /// In bytes.
    let textLength: Int

    package init(_ document: YAMLDocument) throws(YAMLSyntaxError) {
        guard let text = String(validating: document.bytes, as: UTF8.self) else {
            throw YAMLSyntaxError(line: Self.firstIllegibleLine(of: document.bytes), text: "it is not UTF-8")
        }
        textLength = text.utf8.count
        do {
            root = try compose(yaml: text, .basic)
        } catch {
            throw YAMLSyntaxError(error)
        }
    }

    /// The first line that is not UTF-8.
    private static func firstIllegibleLine(of text: ArraySlice<UInt8>) -> Int {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
    }

    /// The line of the document on which a value stands, from 1; the nearest line above it where it is missing.
    package func line(of path: [Step]) -> Int {
        var line = root?.mark?.line ?? 1
        var node = root
        for step in path {
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
