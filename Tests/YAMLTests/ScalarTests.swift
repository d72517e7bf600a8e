import JSON
import Testing
import YAML

/// Plain scalars have the types and values that kubectl gives them: `kubectl label --local -o json` (1.32) was asked.
@Suite struct ScalarTests {
    /// By both readers, as JSON; numbers as kubectl writes them, but for digits that a double does not hold.
    private func value(_ scalar: String) throws -> String {
        let document = try #require(YAMLDocument.split(Array("a: \(scalar)\n".utf8)).first)
        let value = try document.value()
        #expect(try YAMLTree(document).value() == value)
        guard case .object(let object) = value, let member = object.members.first else { return "" }
        return member.value.serialized
    }

    @Test(
        "Whole numbers",
        arguments: [
            ("80", "80"), ("08080", "8080"), ("1_000", "1000"), ("80.", "80"), ("0x1F", "31"), ("0X1f", "31"),
            ("0o17", "15"),
            ("017", "15"), ("0b101", "5"), ("0B101", "5"), ("+5", "5"), ("-5", "-5"), ("-0x10", "-16"), ("+0x10", "16"),
            ("-0b11", "-3"), ("08", "8"), ("-08", "-8"), ("+017", "15"), ("00", "0"), ("-0", "0"), ("1__0", "10"),
            ("1_", "1"),
            ("0_", "0"), ("0_17", "15"), ("0_8", "8"), ("0x_1F", "31"), ("0b1_0", "2"), ("0.", "0"), ("+5.", "5"),
            ("9223372036854775808", "9223372036854775808"), ("0xffffffffffffffff", "18446744073709551615"),
            ("-0x8000000000000000", "-9223372036854775808"), ("18446744073709551616", "18446744073709551616"),
            ("07777777777777777777777", "7777777777777777777777"),
        ])
    func whole(scalar: String, json: String) throws {
        #expect(try value(scalar) == json)
    }

    @Test(
        "Fractions and exponents, which stay as they are written where JSON has them",
        arguments: [
            ("80.0", "80.0"), (".5", "0.5"), ("-.5", "-0.5"), ("+.5", "0.5"), (".5e2", "0.5e2"), ("1.e3", "1e3"),
            ("1E3", "1e3"),
            ("1.5e+3", "1.5e+3"), ("1e-7", "1e-7"), ("1_000.5", "1000.5"), ("1e_5", "1e5"), ("01e5", "1e5"),
            ("010.5", "10.5"),
            ("1e-400", "1e-400"), ("0e0", "0e0"),
        ])
    func fractions(scalar: String, json: String) throws {
        #expect(try value(scalar) == json)
    }

    @Test(
        "Truth, and nothing",
        arguments: [
            ("true True TRUE yes Yes YES on On ON y Y", "true"),
            ("false False FALSE no No NO off Off OFF n N", "false"),
            ("null Null NULL ~", "null"),
        ])
    func words(scalars: String, json: String) throws {
        for scalar in scalars.split(separator: " ") { #expect(try value(String(scalar)) == json, "\(scalar)") }
        #expect(try value("") == "null")
    }

    @Test("What only looks like one of these is a text")
    func texts() throws {
        let scalars = """
            0o8 0x 0b 0o 0xg 0x10000000000000000 12:30 190:20:30 2024-01-01 2024-01-01T00:00:00Z 1.2.3 1,000 e3 1e 1e+ --5 +-5 _1 \
            _ 1e400 0x1. 0x1p3 . .. -- + = .5. 1.5. .5_0 inf nan +inf Infinity nULL tRUE t f 80a
            """
        for scalar in scalars.split(separator: " ") {
            #expect(try value(String(scalar)) == "\"\(scalar)\"", "\(scalar)")
        }
    }

    @Test(
        "Tags decide before the form does",
        arguments: [
            ("!!str 80", "\"80\""), ("! 80", "\"80\""), ("!!int '80'", "80"), ("!!float '1_0'", "10"),
            ("!!bool 'on'", "true"),
            ("!!null ''", "null"), ("!foo 80", "\"80\""), ("'80'", "\"80\""), ("\"on\"", "\"on\""),
        ])
    func tags(scalar: String, json: String) throws {
        #expect(try value(scalar) == json)
    }
}
