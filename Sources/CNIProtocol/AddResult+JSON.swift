package import JSON
import NetworkTypes

extension AddResult {
    /// The result object in the shape of a specification version.
    ///
    /// What a version has no member for is left out: of several addresses of a family 0.1.0 and 0.2.0 tell the first.
    ///
    /// - Throws: code 7 for 0.1.0 and 0.2.0 when there is no address.
    package func json(_ version: SpecVersion) throws(CNIError) -> JSONValue {
        let shape = version.resultShape
        var object = JSONObject(["cniVersion": .string(version.rawValue)])
        if shape == .byFamily {
            let families = [("ip4", IPFamily.ipv4), ("ip6", .ipv6)].compactMap { key, family in
                group(family).map { (key: key, value: $0) }
            }
            guard !families.isEmpty else { throw version.noAddresses }
            for family in families { object.append(family.key, family.value) }
        } else {
            if !interfaces.isEmpty { object.append("interfaces", .array(interfaces.map { $0.json(shape) })) }
            if !addresses.isEmpty { object.append("ips", .array(addresses.map { $0.json(shape) })) }
            if !routes.isEmpty { object.append("routes", .array(routes.map(\.json))) }
        }
        if !dns.isEmpty || shape != .current { object.append("dns", dns.json) }
        object.append(others)
        return .object(object)
    }

    /// The first address of a family with the family's routes; nil when there is none.
    private func group(_ family: IPFamily) -> JSONValue? {
        guard let address = addresses.first(where: { $0.address.family == family }) else { return nil }
        let routes = routes.filter { $0.destination.family == family }.map(\.destinationAndGateway)
        var object = JSONObject([
            "ip": .string(address.address.description), "gateway": address.gateway.map { .string($0.description) },
            "routes": routes.isEmpty ? nil : .array(routes),
        ])
        object.append(address.others)
        return .object(object)
    }
}

extension AddResult.Interface {
    fileprivate func json(_ shape: ResultShape) -> JSONValue {
        func text(_ text: String) -> JSONValue? { text.isEmpty ? nil : .string(text) }
        let isCurrent = shape == .current
        var object = JSONObject([
            "name": .string(name), "mac": text(hardwareAddress),
            "mtu": isCurrent ? mtu.map { .integer($0) } : nil, "sandbox": text(sandbox),
            "socketPath": isCurrent ? text(socketPath) : nil, "pciID": isCurrent ? text(pciID) : nil,
        ])
        object.append(others)
        return .object(object)
    }
}

extension AddResult.Address {
    fileprivate func json(_ shape: ResultShape) -> JSONValue {
        var object = JSONObject([
            "version": shape == .tagged ? .string(address.family == .ipv4 ? "4" : "6") : nil,
            "interface": interface.map { .integer($0) }, "address": .string(address.description),
            "gateway": gateway.map { .string($0.description) },
        ])
        object.append(others)
        return .object(object)
    }
}

extension RouteConfiguration {
    fileprivate var json: JSONValue {
        var object = JSONObject([
            "dst": .string(destination.description), "gw": gateway.map { .string($0.description) },
            "mtu": mtu.map { .integer($0) }, "advmss": advertisedMSS.map { .integer($0) },
            "priority": priority.map { .integer($0) }, "table": table.map { .integer($0) },
            "scope": scope.map { .integer($0) },
        ])
        object.append(others)
        return .object(object)
    }

    /// All that 0.1.0 and 0.2.0 tell of a route.
    fileprivate var destinationAndGateway: JSONValue {
        var object = JSONObject([
            "dst": .string(destination.description), "gw": gateway.map { .string($0.description) },
        ])
        object.append(others)
        return .object(object)
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
