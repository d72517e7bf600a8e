import Testing
import YAML

@Suite struct YAMLDocumentTests {
    private func split(_ text: String) -> [String] {
        YAMLDocument.split(Array(text.utf8)).map {
            "\($0.firstLine) \($0.format) \(String(decoding: $0.bytes, as: UTF8.self).split(separator: "\n").joined(separator: "|"))"
        }
    }

    @Test("YAML is split at markers that stand alone at the beginning of a line, and empty documents are none")
    func yaml() {
        #expect(
            split("# note\n---\na: 1\n---   # two\nb: |\n  ---\n---x: 1\n...\n%YAML 1.1\n---\n---\nc: 3\n--- {d: 4}")
                == [
                    "2 yaml ---|a: 1", "4 yaml ---   # two|b: ||  ---|---x: 1", "11 yaml ---|c: 3",
                    "13 yaml --- {d: 4}",
                ])
    }

    @Test("A file of nothing has no documents", arguments: ["", "\n\n", "# only\n", "---\n---\n", "\u{feff}"])
    func nothing(text: String) {
        #expect(split(text) == [])
    }

    @Test("JSON values that follow one another are documents, and what never closes is the last")
    func json() {
        #expect(
            split("\n{\"a\":\"}\\\"{\"}\n{\"b\":[{}]} {\"c\":\n{}\n")
                == ["2 json {\"a\":\"}\\\"{\"}", "3 json {\"b\":[{}]}", "3 json {\"c\":|{}"])
    }

    @Test("JSON documents may stand between markers, beside YAML, each with a byte order mark")
    func mixed() {
        #expect(
            split("\u{feff}{\"a\":1}\n---\n{\"b\":2}\n---\nc: 3\n---\n\u{feff}{\"d\":\n4}\n{}\n")
                == ["1 json {\"a\":1}", "3 json {\"b\":2}", "4 yaml ---|c: 3", "7 json {\"d\":|4}", "9 json {}"])
    }

    @Test("Comments beside JSON are none of it, and what looks like JSON but is YAML stays whole")
    func comments() {
        #expect(split("---\n{\"a\":1} # one\n# end\n{}") == ["2 json {\"a\":1}", "4 json {}"])
        #expect(split("{\"a\":1}\n# end\n") == ["1 json {\"a\":1}"])
        #expect(split("---\n{a: '}', b: 1}\n") == ["1 yaml ---|{a: '}', b: 1}"])
    }

    @Test("What follows JSON and is none is a document of its own")
    func garbage() {
        #expect(split("{}}{}") == ["1 json {}", "1 json }{}"])
        #expect(split("{} x") == ["1 json {}", "1 json x"])
    }
}
