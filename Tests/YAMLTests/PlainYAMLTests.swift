import FoundationEssentials
import JSON
import TestSupport
import Testing
import YAML

/// The fast reader gives what the parser of the whole language gives, for every document that it accepts.
@Suite struct PlainYAMLTests {
    /// - Returns: true where the fast reader accepts the document.
    @discardableResult
    private func compare(_ bytes: [UInt8]) -> Bool {
        var accepted = true
        for document in YAMLDocument.split(bytes) {
            guard let value = PlainYAML.value(document.bytes) else {
                accepted = false
                continue
            }
            let expected: Result<JSONValue, YAMLSyntaxError> = Result { () throws(YAMLSyntaxError) in
                try YAMLTree(document).value()
            }
            guard case .success(value) = expected else {
                let text = String(decoding: document.bytes, as: UTF8.self)
                Issue.record("\(text)\nis read as \(value.serialized)\nbut is \(expected)")
                continue
            }
        }
        return accepted
    }

    @Test("Every manifest of this tree is read, with the same value; what else is YAML here at least not otherwise")
    func manifests() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized.path
        var count = 0
        for folder in ["deploy", "Tests/ScenarioTests/Fixtures", "Tests/KubeModelTests/Fixtures"] {
            let names = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
            for name in names where name.hasSuffix(".yaml") || name.hasSuffix(".json") {
                let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(root)/\(folder)/\(name)")))
                // The daemon reads no DaemonSets and no alerts: their forms are for the whole language's parser.
                let isRead = compare(bytes)
                if folder != "deploy" || name.hasPrefix("demo/") { #expect(isRead, "\(name)") }
                count += 1
            }
        }
        #expect(count > 4)
    }

    @Test("Documents of the forms that manifests have are read, with the same value", arguments: 0..<8)
    func usual(part: Int) {
        var read = 0
        for seed in 0..<500 {
            var generator = YAMLGenerator(seed: part * 500 + seed, hasRareForms: false)
            let document = generator.document()
            let accepted = compare(Array(document.utf8))
            if accepted { read += 1 }
            // Errors are errors: a key may be there twice.
            if !accepted, document.hasSuffix("\n"),
                let tree = try? YAMLTree(YAMLDocument.split(Array(document.utf8))[0]), (try? tree.value()) != nil
            {
                Issue.record("refused:\n\(document)<")
            }
        }
        #expect(read > 300)
    }

    @Test("Of documents with rare forms and with faults none is read otherwise", arguments: 0..<8)
    func rare(part: Int) {
        let count = Soak.rounds(2000)
        for seed in 0..<count {
            var generator = YAMLGenerator(seed: part * count + seed, hasRareForms: seed % 2 == 0)
            let document = generator.document()
            compare(Array(document.utf8))
            compare(generator.damaged(document))
        }
    }

    @Test(
        "What means something else in the whole language is left to its parser",
        arguments: [
            "a: &x 1", "a: *x", "a: !!str 1", "? a\n: b", "a: >\n  b\n", "a: |2\n   b\n", "a: b\n  c", "a: 'b\n  c'",
            "a:\t1",
            "a: 1\r\n", "%YAML 1.1\n---\na: 1", "<<: {a: 1}", "a: \"\\u0041\"", "[a: 1]", "{a, b}", "a: 1\na: 2",
            "a: \u{85}",
        ])
    func refused(text: String) {
        #expect(PlainYAML.value(Array(text.utf8)[...]) == nil)
    }
}
