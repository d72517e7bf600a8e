import FoundationEssentials
import JSON
import KubeModel
import Testing
import YAML

/// The same object through JSON and through YAML gives the same fields.
@Suite struct FieldEqualityTests {
    private func fromYAML(_ text: String) throws -> JSONValue {
        let documents = YAMLDocument.split(Array(text.utf8))
        #expect(documents.count == 1)
        return try #require(documents.first).value()
    }

    private func compare<Fields: Equatable>(
        _ value: SentValue, _ read: (FieldReader) throws -> Fields, _ random: inout FieldGenerator
    ) throws {
        let yaml = "---" + value.yaml("", &random) + "\n"
        let expected = try read(FieldReader(JSONValue(parsing: Array(value.json.utf8))))
        #expect(try read(FieldReader(fromYAML(yaml))) == expected, "\(value.json)\n\(yaml)")
    }

    @Test("Random objects of every kind", arguments: 0..<200)
    func random(seed: Int) throws {
        var random = FieldGenerator(seed: seed)
        try compare(random.service(), ServiceFields.init, &random)
        try compare(random.slice(), EndpointSliceFields.init, &random)
        try compare(random.endpoints(), EndpointsFields.init, &random)
        try compare(random.node(), NodeFields.init, &random)
        try compare(random.serviceCIDR(), ServiceCIDRFields.init, &random)
    }

    private func items<Fields>(_ list: JSONValue, _ read: (FieldReader) throws -> Fields) throws -> [Fields] {
        guard case .object(let object) = list, case .array(let items)? = object["items"] else { return [] }
        return try items.map { try read(FieldReader($0)) }
    }

    private func compareFixture<Fields: Equatable>(
        _ name: String, _ read: (FieldReader) throws -> Fields
    ) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "KubeModelTests/Fixtures/\(name).json"))
        let expected = try items(JSONValue(parsing: Array(data)), read)
        #expect(!expected.isEmpty)
        #expect(try items(fromYAML(String(decoding: data, as: UTF8.self)), read) == expected)
    }

    @Test("A real API server's answers, which are YAML as well")
    func fixtures() throws {
        try compareFixture("services-list", ServiceFields.init)
        try compareFixture("endpointslices-list", EndpointSliceFields.init)
        try compareFixture("node-list", NodeFields.init)
        try compareFixture("servicecidr-list", ServiceCIDRFields.init)
    }
}
