import FoundationEssentials
import KubeModel
import Testing
import YAML

/// The same object through JSON and through YAML gives the same fields.
@Suite struct FieldEqualityTests {
    private func fromYAML<Fields: Decodable>(_ text: String, _ type: Fields.Type) throws -> Fields {
        let documents = YAMLDocument.split(Array(text.utf8))
        #expect(documents.count == 1)
        let tree = try YAMLTree(try #require(documents.first))
        return try JSONDecoder().decode(type, from: Data(tree.json()))
    }

    private func compare<Fields: Decodable & Equatable>(
        _ value: SentValue, _ type: Fields.Type, _ random: inout FieldGenerator
    ) throws {
        let yaml = "---" + value.yaml("", &random) + "\n"
        let expected = try JSONDecoder().decode(type, from: Data(value.json.utf8))
        #expect(try fromYAML(yaml, type) == expected, "\(value.json)\n\(yaml)")
    }

    @Test("Random objects of every kind", arguments: 0..<200)
    func random(seed: Int) throws {
        var random = FieldGenerator(seed: seed)
        try compare(random.service(), ServiceFields.self, &random)
        try compare(random.slice(), EndpointSliceFields.self, &random)
        try compare(random.endpoints(), EndpointsFields.self, &random)
        try compare(random.node(), NodeFields.self, &random)
        try compare(random.serviceCIDR(), ServiceCIDRFields.self, &random)
    }

    private struct List<Fields: Decodable & Equatable>: Decodable, Equatable { let items: [Fields] }

    private func compareFixture<Fields: Decodable & Equatable>(_ name: String, _ type: Fields.Type) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: tests.appending(path: "KubeModelTests/Fixtures/\(name).json"))
        let expected = try JSONDecoder().decode(List<Fields>.self, from: data)
        #expect(!expected.items.isEmpty)
        #expect(try fromYAML(String(decoding: data, as: UTF8.self), List<Fields>.self) == expected)
    }

    @Test("A real API server's answers, which are YAML as well")
    func fixtures() throws {
        try compareFixture("services-list", ServiceFields.self)
        try compareFixture("endpointslices-list", EndpointSliceFields.self)
        try compareFixture("node-list", NodeFields.self)
        try compareFixture("servicecidr-list", ServiceCIDRFields.self)
    }
}
