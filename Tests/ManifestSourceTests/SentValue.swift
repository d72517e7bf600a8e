/// A value of an object as somebody may send it, written as JSON or as YAML.
indirect enum SentValue {
    case text(String)
    case number(Int)
    case flag(Bool)
    case null
    case list([SentValue])
    case mapping([(String, SentValue)])

    var json: String {
        switch self {
        case .text(let text): "\"\(text)\""
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .null: "null"
        case .list(let values): "[\(values.map(\.json).joined(separator: ","))]"
        case .mapping(let fields): "{\(fields.map { "\"\($0)\":\($1.json)" }.joined(separator: ","))}"
        }
    }

    /// In block style, each value after a space or on lines of its own.
    func yaml(_ indent: String = "", _ random: inout FieldGenerator) -> String {
        switch self {
        case .text(let text):
            [" \"\(text)\"", " '\(text)'", isPlain(text) ? " \(text)" : " \"\(text)\""][random.next(3)]
        case .number(let number): random.next(4) == 0 ? " 0x\(String(number, radix: 16))" : " \(number)"
        case .flag(let flag): [" \(flag)", flag ? " yes" : " no", flag ? " On" : " OFF"][random.next(3)]
        case .null: [" null", " ~", ""][random.next(3)]
        case .list(let values) where values.isEmpty: " []"
        case .list(let values):
            values.reduce(into: "") { $0 += "\n\(indent)-\($1.yaml(indent + "  ", &random))" }
        case .mapping(let fields) where fields.isEmpty: " {}"
        case .mapping(let fields):
            fields.reduce(into: "") { $0 += "\n\(indent)\($1.0):\($1.1.yaml(indent + "  ", &random))" }
        }
    }

    /// True for a text that YAML takes for nothing else, and that needs no quotes.
    private func isPlain(_ text: String) -> Bool {
        text.first?.isLetter == true && text.allSatisfy { $0.isLetter || $0 == "." || $0 == "-" }
            && text != "true"
    }
}

/// Objects of every kind with random fields, each of which may be absent, null or of no sense.
struct FieldGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    private mutating func text() -> SentValue {
        let texts = [
            "", "a", "web.x", "10.0.0.1", "fd00::1", "TCP", "Local", "80", "true", "2026-01-31T12:00:00Z", "None",
        ]
        return .text(texts[next(texts.count)])
    }

    /// A value of the shape that a pattern names: `t` a text, `n` a number, `b` a flag, or what the caller makes.
    private mutating func value(_ shape: Shape) -> SentValue {
        switch shape {
        case .text: text()
        case .number: .number(next(70_000))
        case .flag: .flag(next(2) == 0)
        case .list(let shape): .list((0..<next(3)).map { _ in value(shape) })
        case .mapping(let fields):
            .mapping(
                fields.compactMap { name, shape in
                    switch next(8) {
                    case 0: nil
                    // A label without a value is wrong in either language.
                    case 1 where name != "a/b": (name, .null)
                    default: (name, value(shape))
                    }
                })
        }
    }

    private indirect enum Shape {
        case text, number, flag
        case list(Shape)
        case mapping([(String, Shape)])
    }

    private let metadata = Shape.mapping([
        ("name", .text), ("namespace", .text), ("uid", .text), ("resourceVersion", .text),
        ("creationTimestamp", .text), ("deletionTimestamp", .text), ("labels", .mapping([("a/b", .text)])),
        ("annotations", .mapping([("endpoints.kubernetes.io/last-change-trigger-time", .text)])),
    ])
    private let port = Shape.list(
        .mapping([("name", .text), ("protocol", .text), ("port", .number), ("nodePort", .number)]))

    mutating func service() -> SentValue {
        value(
            .mapping([
                ("metadata", metadata),
                (
                    "spec",
                    .mapping([
                        ("type", .text), ("clusterIP", .text), ("clusterIPs", .list(.text)), ("ports", port),
                        ("externalIPs", .list(.text)), ("loadBalancerSourceRanges", .list(.text)),
                        ("ipFamilies", .list(.text)), ("ipFamilyPolicy", .text), ("internalTrafficPolicy", .text),
                        ("externalTrafficPolicy", .text), ("trafficDistribution", .text), ("sessionAffinity", .text),
                        ("sessionAffinityConfig", .mapping([("clientIP", .mapping([("timeoutSeconds", .number)]))])),
                        ("loadBalancerClass", .text), ("allocateLoadBalancerNodePorts", .flag),
                        ("healthCheckNodePort", .number), ("publishNotReadyAddresses", .flag),
                    ])
                ),
                (
                    "status",
                    .mapping([
                        (
                            "loadBalancer",
                            .mapping([("ingress", .list(.mapping([("ip", .text), ("ipMode", .text)])))])
                        )
                    ])
                ),
            ]))
    }

    mutating func slice() -> SentValue {
        let hint = Shape.list(.mapping([("name", .text)]))
        let endpoint = Shape.mapping([
            ("addresses", .list(.text)), ("nodeName", .text), ("zone", .text),
            ("conditions", .mapping([("ready", .flag), ("serving", .flag), ("terminating", .flag)])),
            ("hints", .mapping([("forZones", hint), ("forNodes", hint)])),
        ])
        return value(
            .mapping([
                ("metadata", metadata), ("addressType", .text), ("ports", port), ("endpoints", .list(endpoint)),
            ]))
    }

    mutating func endpoints() -> SentValue {
        let addresses = Shape.list(.mapping([("ip", .text), ("nodeName", .text)]))
        let subset = Shape.mapping([("addresses", addresses), ("notReadyAddresses", addresses), ("ports", port)])
        return value(.mapping([("metadata", metadata), ("subsets", .list(subset))]))
    }

    mutating func node() -> SentValue {
        let spec = Shape.mapping([
            ("podCIDR", .text), ("podCIDRs", .list(.text)), ("taints", .list(.mapping([("key", .text)]))),
        ])
        let address = Shape.mapping([("type", .text), ("address", .text)])
        return value(
            .mapping([("metadata", metadata), ("spec", spec), ("status", .mapping([("addresses", .list(address))]))]))
    }

    mutating func serviceCIDR() -> SentValue {
        value(.mapping([("metadata", metadata), ("spec", .mapping([("cidrs", .list(.text))]))]))
    }
}
