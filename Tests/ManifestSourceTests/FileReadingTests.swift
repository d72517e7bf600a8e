import KubeModel
import ManifestSource
import NetworkTypes
import Testing

@Suite struct FileReadingTests {
    @Test("YAML documents, JSON documents and lists give the same objects")
    func formats() {
        let json =
            #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"clusterIP":"10.96.0.1","ports":[{"port":80}]}}"#
        let list =
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.96.0.1, ports: [{port: 80}]}}\n"
        for text in [serviceYAML("a"), json, list, "---\n" + json + "\n", "# c\n\(serviceYAML("a"))...\n"] {
            let reading = reading(text)
            #expect(reading.objects == [service("a")])
            #expect(reading.remarks.isEmpty && reading.failures.isEmpty)
        }
        #expect(reading(json + "\n" + json.replacing("\"a\"", with: "\"b\"")).objects == [service("a"), service("b")])
    }

    @Test("An invalid object costs itself alone and its error names line, object and field")
    func invalidObject() {
        let reading = reading("\(serviceYAML("a"))---\n\(serviceYAML("b", port: 70000))---\n\(serviceYAML("c"))")
        #expect(reading.objects == [service("a"), service("c")])
        #expect(reading.failures == [serviceID("b")])
        #expect(
            reading.remarkTexts == ["15 error Service default/b: spec.ports[0].port: 70000 is not a port (1 to 65535)"])
    }

    @Test("A syntax error costs its document alone and its error names the line")
    func syntaxError() {
        let reading = reading("\(serviceYAML("a"))---\na: [1,\nb: }\n---\n\(serviceYAML("c"))")
        #expect(reading.objects == [service("a"), service("c")])
        #expect(reading.failures == [nil])
        #expect(reading.remarks.count == 1)
        #expect(reading.remarks.first?.line == 10)
        #expect(reading.remarks.first?.text.hasPrefix("cannot be parsed: ") == true)
    }

    @Test("The lines of JSON are found too, within a list and in a broken document")
    func jsonLines() {
        let list = #"""
            {"kind":"ServiceList","apiVersion":"v1","items":[
            {"metadata":{"name":"a"},"spec":{"clusterIP":"None"}},
            {"metadata":{"name":"b"},
             "spec":{"type":"Nope"}}]}
            """#
        #expect(
            reading(list).remarkTexts == [
                "4 error Service default/b: spec.type: \"Nope\" is none of ClusterIP, NodePort, LoadBalancer, ExternalName"
            ])
        let broken = reading("{\"kind\":\"Service\",\n\"metadata\":{\n")
        #expect(broken.failures == [nil])
        #expect((2...3).contains(broken.remarks.first?.line ?? 0), "\(broken.remarkTexts)")
    }

    @Test("What is passed over is a warning that names its line, and other kinds are for debugging only")
    func remarks() {
        let text = """
            apiVersion: v1
            kind: Service
            metadata: {name: a}
            spec:
              clusterIP: 10.96.0.1
              ports: [{port: 80}]
              externalIPs:
              - 198.51.100.7
              - bad
            ---
            apiVersion: apps/v1
            kind: Deployment
            ---
            apiVersion: v1
            kind: Servcie
            """
        let reading = reading(text)
        #expect(reading.failures.isEmpty)
        #expect(
            reading.remarkTexts == [
                "9 warning Service default/a: spec.externalIPs[1]: \"bad\" is not an IP address and is passed over",
                "11 debug apps/v1 \"Deployment\" is not a kind that Fairway reads",
                "14 warning v1 \"Servcie\" is no kind of that API group, so nothing is made of it; look at kind and apiVersion",
            ])
    }

    @Test("YAML scalars have the types that kubectl gives them")
    func scalars() {
        func type(_ port: String) -> [String] {
            reading(
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: 10.96.0.1, ports: [{port: \(port)}]}"
            ).remarks.map(\.text)
        }
        for port in ["80", "0x50", "0o120", "0120", "8.0e1", "08080", "1_000", "80."] {
            #expect(type(port) == [], "\(port)")
        }
        for port in ["\"80\"", "'80'", "!!str 80", "80a", "8:0", "2001-01-01"] {
            #expect(type(port) == ["Service default/a: spec.ports[0].port: a string is not a whole number"], "\(port)")
        }
        #expect(type(".5") == ["Service default/a: spec.ports[0].port: 0.5 is not a whole number"])
        #expect(type("yes") == ["Service default/a: spec.ports[0].port: a boolean is not a whole number"])
        for port in ["~", "null", ""] { #expect(type(port) == ["Service default/a: spec.ports[0].port: is missing"]) }
    }

    @Test("Anchors and merge keys are followed; aliases of aliases end in an error, not in memory")
    func aliases() {
        let merged = """
            apiVersion: v1
            kind: List
            items:
            - &a {apiVersion: v1, kind: Service, metadata: &m {name: a}, spec: &s {clusterIP: 10.96.0.1, ports: [{port: 80}]}}
            - {<<: *a, metadata: {name: b}}
            """
        #expect(reading(merged).objects == [service("a"), service("b")])
        #expect(reading(nestedMerges).objects == [service("a"), service("b"), service("c")])
        let bomb = (1...40).reduce("l0: &l0 [x]\n") { $0 + "l\($1): &l\($1) [*l\($1 - 1),*l\($1 - 1)]\n" }
        #expect(reading(bomb).remarkTexts == ["1 error cannot be parsed: the document's aliases expand to too much"])
    }

    /// `c` merges two mappings, the first of which merges a third; the nearest says what counts.
    private let nestedMerges = """
        apiVersion: v1
        kind: List
        items:
        - &a {apiVersion: v1, kind: Service, metadata: {name: a}, spec: &s {clusterIP: 10.96.0.1, ports: [{port: 80}]}}
        - &b {<<: *a, metadata: {name: b}}
        - {<<: [{metadata: {name: c}, <<: *b}, {metadata: {name: d}, kind: Node}]}
        """

    @Test("Merge keys of merge keys end in an error, not in hours", arguments: [8, 40])
    func merges(levels: Int) {
        let bomb = (1...levels).reduce("x0: &x0 {a: 1}\n") { text, level in
            text
                + "x\(level): &x\(level) {<<: [\(Array(repeating: "*x\(level - 1)", count: 8).joined(separator: ","))]}\n"
        }
        #expect(reading(bomb).remarkTexts == ["1 error cannot be parsed: the document's aliases expand to too much"])
    }

    @Test(
        "A chain of aliases is an error where it is too deep",
        arguments: ["[*l%]", "{<<: *l%}", "{a: *l%}"], [600, 20_000])
    func deepAliases(form: String, levels: Int) {
        // A list within a merge key's list is never written out, so only the deepest link is visited.
        let links = (1...levels).map { "&l\($0) \(form.replacing("%", with: "\($0 - 1)"))" }
        let chain = "<<: [[&l0 {a: 1}, \(links.joined(separator: ", "))]]\nx: *l\(levels)\n"
        #expect(reading(chain).remarkTexts == ["1 error cannot be parsed: the document's aliases expand to too much"])
    }

    @Test("Of two objects of one name the last counts, and is a warning that names its line")
    func twice() {
        let text = serviceYAML("a", port: 1) + "---\n" + serviceYAML("a", port: 2)
        #expect(reading(text).objects == [service("a", port: 1), service("a", port: 2)])
        #expect(
            reading(text).remarkTexts == ["9 warning Service default/a stands in this file already; the last counts"])
    }

    @Test(
        "No input makes the reader crash",
        arguments: ["{", "[", "}", "\u{0}", "a: b: c", "- - -", "? : ?", "&a *a", "%", "\"", "{{}}", "!!binary x"])
    func junk(text: String) {
        #expect(reading(text).objects.isEmpty)
    }

    @Test("Bytes that are not UTF-8 are an error that names the line, in YAML and in JSON")
    func notUTF8() {
        let name = Array("\n---\n{\"kind\":\"Service\",\n\"metadata\":{\"name\":\"".utf8) + [0xc3] + Array("\"}}".utf8)
        #expect(FileReading(name).remarks.map(\.line) == [4])
        #expect(FileReading([0x61, 0x3a, 0xff, 0xfe]).remarks.map(\.text) == ["cannot be parsed: it is not UTF-8"])
    }

    @Test("Depth without end is an error", arguments: ["[", "{\"a\":", "- "])
    func depth(part: String) {
        #expect(reading(String(repeating: part, count: 100_000)).failures == [nil])
    }
}
