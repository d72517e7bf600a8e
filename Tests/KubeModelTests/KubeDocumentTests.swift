import KubeModel
import Testing

@Suite struct KubeDocumentTests {
    @Test("In a list, an invalid object costs itself alone")
    func list() throws {
        let json = #"""
            {"apiVersion":"v1","kind":"List","items":[
              {"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{}},
              {"apiVersion":"v1","kind":"Service","metadata":{"name":"b"},"spec":{"ports":[{"port":0}]}},
              {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}},
              7,
              {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"d"},"addressType":"IPv6"}]}
            """#
        let items = try decodeItems(json)
        let texts = items.map { item in
            switch item.outcome {
            case .object(let object): "\(object.id)"
            case .invalid(let id, let remark): "\(id?.description ?? "?") \(remark)"
            case .ignored(let kind): "ignored \(kind)"
            case .unknown(let kind): "unknown \(kind)"
            }
        }
        #expect(
            texts == [
                "Service default/a", "Service default/b items[1].spec.ports[0].port: 0 is not a port (1 to 65535)",
                "ignored v1 \"ConfigMap\"", "? items[3]: a number is not a mapping", "EndpointSlice default/d",
            ])
        #expect(items.map(\.path.description) == (0..<5).map { "items[\($0)]" })
    }

    @Test("A list within a list is read; one that never ends is an error")
    func nestedList() throws {
        func nested(_ depth: Int) throws -> [DecodedItem] {
            let inner = #"{"apiVersion":"v1","kind":"ServiceList","items":[{"metadata":{"name":"a"},"spec":{}}]}"#
            let json = (0..<depth).reduce(inner) { json, _ in
                #"{"apiVersion":"v1","kind":"List","items":[\#(json)]}"#
            }
            return try decodeItems(json)
        }
        for depth in 0..<8 {
            let items = try nested(depth)
            #expect(items.count == 1)
            guard case .object(let object) = items.first?.outcome else { throw NotDecoded(json: "\(items)") }
            #expect(object.id.description == "Service default/a")
        }
        guard case .invalid(nil, let remark) = try nested(8).first?.outcome else { throw NotDecoded(json: "deep list") }
        #expect(remark.text == "lists are nested more than 8 deep")
    }

    @Test(
        "An object that lacks what identifies it is an error that says what",
        arguments: [
            (#"{"kind":"Service"}"#, "?: apiVersion: is missing"), (#"{"apiVersion":"v1"}"#, "?: kind: is missing"),
            (#"{"apiVersion":"v1","kind":"Service"}"#, "?: metadata: is missing"),
            (#"{"apiVersion":"v1","kind":"Service","metadata":{}}"#, "?: metadata.name: is missing"),
            (
                #"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a\nb"}}"#,
                "?: metadata.name: \"a b\" is not an object's name (a to z, 0 to 9, - and .)"
            ),
            (
                #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"-a"}}"#,
                "?: metadata.name: \"-a\" is not an object's name (a to z, 0 to 9, - and .)"
            ),
            (
                #"{"apiVersion":"discovery.k8s.io/v1beta1","kind":"EndpointSlice","metadata":{"name":"a"}}"#,
                "EndpointSlice default/a: apiVersion: \"discovery.k8s.io/v1beta1\" is not read; write discovery.k8s.io/v1"
            ),
        ])
    func identity(json: String, message: String) throws {
        #expect(try decodingError(json) == message)
    }

    @Test("A kind that its group does not have is not passed over like one that Fairway does not read")
    func unknownKinds() throws {
        for (version, kind, isKnown) in [
            ("v1", "Servcie", false), ("v1", "service", false), ("v1", "EndpointSlice", false),
            ("v1", "Deployment", false),
            ("discovery.k8s.io/v1", "EndpointSlicee", false), ("networking.k8s.io/v1", "Ingres", false),
            ("v1", "Pod", true), ("v1", "PodList", true), ("v1", "Secret", true),
            ("networking.k8s.io/v1", "Ingress", true),
            ("apps/v1", "Deploymnt", true), ("networking.k8s.io.example/v1", "Thing", true),
        ] {
            let item = try decodeItem(#"{"apiVersion":"\#(version)","kind":"\#(kind)","metadata":{"name":"a"}}"#)
            switch item.outcome {
            case .ignored: #expect(isKnown, "\(version) \(kind)")
            case .unknown(let name): #expect(!isKnown && name == "\(version) \"\(kind)\"")
            default: throw NotDecoded(json: "\(item)")
            }
        }
    }

    @Test("Another group's kind of the same name is not ours")
    func otherGroup() throws {
        let item = try decodeItem(#"{"apiVersion":"serving.knative.dev/v1","kind":"Service","metadata":{"name":"a"}}"#)
        guard case .ignored = item.outcome else { throw NotDecoded(json: "\(item)") }
    }
}
