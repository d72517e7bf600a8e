import NetworkTypes

extension AddResult {
    /// The result object in the shape of a specification version.
    package func json(_ version: SpecVersion) -> JSONValue {
        let shape = Shape(version)
        return .object(
            JSONObject([
                "cniVersion": .string(version.rawValue),
                "interfaces": interfaces.isEmpty ? nil : .array(interfaces.map { $0.json(shape) }),
                "ips": addresses.isEmpty ? nil : .array(addresses.map { $0.json(shape) }),
                "routes": routes.isEmpty ? nil : .array(routes.map(\.json)),
                "dns": dns.isEmpty && !shape.alwaysNamesDNS ? nil : dns.json,
            ]))
    }

    /// What differs between the versions' results.
    struct Shape {
        /// Whether every address says its family in `version`.
        let tagsFamilies: Bool
        /// Whether interfaces may have `mtu`.
        let hasInterfaceMTU: Bool
        /// Whether `dns` is there when it is empty.
        let alwaysNamesDNS: Bool

        init(_ version: SpecVersion) {
            let isOld = version < .v1_0_0
            tagsFamilies = isOld
            hasInterfaceMTU = !isOld
            alwaysNamesDNS = isOld
        }
    }
}

extension AddResult.Interface {
    fileprivate func json(_ shape: AddResult.Shape) -> JSONValue {
        .object(
            JSONObject([
                "name": .string(name), "mac": mac.map { .string($0.description) },
                "mtu": shape.hasInterfaceMTU ? mtu.map { .integer($0) } : nil,
                "sandbox": sandbox.isEmpty ? nil : .string(sandbox),
            ]))
    }
}

extension AddResult.Address {
    fileprivate func json(_ shape: AddResult.Shape) -> JSONValue {
        .object(
            JSONObject([
                "version": shape.tagsFamilies ? .string(address.family == .ipv4 ? "4" : "6") : nil,
                "interface": interface.map { .integer($0) }, "address": .string(address.description),
                "gateway": gateway.map { .string($0.description) },
            ]))
    }
}

extension RouteConfiguration {
    fileprivate var json: JSONValue {
        .object(
            JSONObject([
                "dst": .string(destination.description), "gw": gateway.map { .string($0.description) },
                "mtu": mtu.map { .integer($0) }, "advmss": advertisedMSS.map { .integer($0) },
                "priority": priority.map { .integer($0) }, "table": table.map { .integer($0) },
                "scope": scope.map { .integer($0) },
            ]))
    }
}

extension DNSConfiguration {
    fileprivate var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue? { texts.isEmpty ? nil : .array(texts.map { .string($0) }) }
        return .object(
            JSONObject([
                "nameservers": list(nameservers), "domain": domain.isEmpty ? nil : .string(domain),
                "search": list(search), "options": list(options),
            ]))
    }
}
