import JSON
import Testing

@Suite struct JSONTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(
        "Values survive parsing and writing, with their order and their digits",
        arguments: [
            "null", "true", "false", "0", "-1.50e+10", "123456789012345678901234567890", #""""#, #""a\"b\\c\n""#,
            "[]", "{}", #"[1,[2,{"b":null,"a":[]}]]"#, #"{"z":1,"a":2,"Z":3}"#,
        ])
    func roundTrip(text: String) throws {
        #expect(try parse(text).serialized == text)
    }

    @Test("Escapes are read: names, code points, pairs; a lone surrogate becomes U+FFFD")
    func escapes() throws {
        #expect(try parse(#""\/\b\f\r\t\u0041\u00e9\ud83d\ude00""#) == .string("/\u{8}\u{c}\r\tA\u{e9}\u{1f600}"))
        #expect(try parse(#""\ud83dx""#) == .string("\u{fffd}x"))
        #expect(try parse(#""\ud83d\u0041""#) == .string("\u{fffd}A"))
        #expect(JSONValue.string("\u{1}").serialized == #""\u0001""#)
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "{", "[1,]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "01", "1.", "-", "1e", "+1", "tru", "nul", "'a'",
            "\"\u{1}\"", #""\x""#, #""\u12g4""#, #""open"#, "1 2", "{1:2}", "NaN", "// c\n1",
        ])
    func refused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try parse(text) }
    }

    @Test("Bytes that are not UTF-8 and nesting without end are refused, not trapped on")
    func hostile() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xff, 0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0xef, 0xbb, 0xbf, 0x31]) }
        #expect(throws: JSONSyntaxError.self) { try parse(String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONSyntaxError.self) { try parse(String(repeating: #"{"a":"#, count: 100_000)) }
    }

    @Test("A failure says its line and column")
    func place() throws {
        let error = #expect(throws: JSONSyntaxError.self) { try parse("{\n  \"a\": tru\n}") }
        #expect(error?.description == "line 2, column 11: expected true")
    }

    @Test("Keys are found whatever their case, the last one winning, as Go's decoders do")
    func caseInsensitive() throws {
        guard case .object(let object) = try parse(#"{"HostPort":1,"hostport":2,"other":3}"#) else {
            Issue.record("no object")
            return
        }
        #expect(object["hostPort"] == .number("2"))
        #expect(object["OTHER"] == .number("3"))
        #expect(object["hostPorts"] == nil)
    }

    @Test("Random bytes never trap")
    func random() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array(#"{}[]:,"\u0123456789eE+-.truefalsn ab"#.utf8) + [0xff, 0xc3, 0x00]
        for _ in 0..<5000 {
            let length = Int.random(in: 0..<40, using: &generator)
            let bytes = (0..<length).compactMap { _ in alphabet.randomElement(using: &generator) }
            if let value = try? JSONValue(parsing: bytes) {
                #expect(try! JSONValue(parsing: Array(value.serialized.utf8)) == value)
            }
        }
    }
}
