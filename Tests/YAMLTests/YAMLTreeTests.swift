import JSON
import Testing
import YAML

@Suite struct YAMLTreeTests {
    private func tree(_ text: String) throws -> YAMLTree { try tree(Array(text.utf8)) }

    private func tree(_ bytes: [UInt8]) throws -> YAMLTree {
        let documents = YAMLDocument.split(bytes)
        #expect(documents.count == 1)
        return try YAMLTree(try #require(documents.first))
    }

    private func json(_ text: String) throws -> String { try tree(text).value().serialized }

    @Test("A document is written as JSON, its keys in order and its scalars with the types that kubectl gives them")
    func conversion() throws {
        #expect(
            try json("b: [1, -2.5e3, 0x10, 017, yes, ~, 'yes', x: z]\na:\n  c: |\n    two\n    lines\n")
                == #"{"b":[1,-2.5e3,16,15,true,null,"yes",{"x":"z"}],"a":{"c":"two\nlines\n"}}"#)
        #expect(try json("~") == "null")
        #expect(try json("a: \"\\\"\\\\\\t\"") == #"{"a":"\"\\\t"}"#)
        #expect(try json("!!str 1") == "\"1\"")
        #expect(try json("&a [1]") == "[1]")
        #expect(try json("[&a {x: 1, y: 2}, {y: 3, <<: *a}]") == #"[{"x":1,"y":2},{"y":3,"x":1}]"#)
    }

    @Test("JSON is YAML", arguments: [#"{"a":[1,true,null,"x"],"b":{}}"#, "[]", "7", #""\u00fc""#])
    func identity(text: String) throws {
        #expect(try json(text) == text.replacing(#"\u00fc"#, with: "ü"))
    }

    @Test("The line of a value is its key's, and the nearest above it where it is missing")
    func lines() throws {
        let tree = try tree("# c\na:\n  b: 1\n  c:\n  - 2\n  -\n    d: 3\n")
        #expect(tree.line(of: []) == 2)
        #expect(tree.line(of: [.key("a"), .key("b")]) == 3)
        #expect(tree.line(of: [.key("a"), .key("c"), .index(0)]) == 5)
        #expect(tree.line(of: [.key("a"), .key("c"), .index(1), .key("d")]) == 7)
        #expect(tree.line(of: [.key("a"), .key("c"), .index(9)]) == 4)
        #expect(tree.line(of: [.key("a"), .key("b"), .key("x")]) == 3)
        #expect(tree.line(of: [.key("x")]) == 2)
    }

    @Test(
        "What is no YAML is an error that names the line, where there is one",
        arguments: [("a: 1\nb: [", 3), ("a: 1\na: 2", 1), ("x: *nobody", 1)])
    func errors(text: String, line: Int) throws {
        let error = #expect(throws: YAMLSyntaxError.self) { try tree(text) }
        #expect((1...line).contains(try #require(error).line ?? 0), "\(String(describing: error))")
        let notText = #expect(throws: YAMLSyntaxError.self) { try tree([0x61, 0xff]) }
        #expect(notText?.text == "it is not UTF-8")
        #expect(throws: YAMLSyntaxError.self) { try json("? [a]\n: b") }
    }
}
