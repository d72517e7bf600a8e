package import JSON
import KubeModel
import NetworkTypes

/// Why a text is no record of a holding.
package struct MalformedHolding: Error, Sendable, CustomStringConvertible {
    package let description: String
}

/// `{"service":"default/web","clusterIP":"10.96.3.4"}`; `loadBalancerIP` is alike, `nodePort` has the `port` that it is for
/// beside it, `healthCheckNodePort` has none. What is out of use says `"unused":true`.
extension Holding {
    package var json: JSONValue {
        var object = JSONObject(["service": .string("\(service)")])
        switch slot {
        case .clusterIP: object.append("clusterIP", .string(address?.description ?? ""))
        case .loadBalancerIP: object.append("loadBalancerIP", .string(address?.description ?? ""))
        case .nodePort(let port):
            object.append("nodePort", .integer(value))
            object.append("port", .integer(port))
        case .healthCheckNodePort: object.append("healthCheckNodePort", .integer(value))
        }
        if !isUsed { object.append("unused", .bool(true)) }
        return .object(object)
    }

    package init(_ json: JSONValue) throws(MalformedHolding) {
        guard case .object(let object) = json, case .string(let text)? = object[exactly: "service"],
            let slash = text.firstIndex(of: "/")
        else { throw MalformedHolding(description: "no \"service\" such as \"default/web\"") }
        let service = NamespacedName(
            namespace: String(text[..<slash]), name: String(text[text.index(after: slash)...]))
        let isUsed = object[exactly: "unused"] != .bool(true)
        func port(_ key: String) throws(MalformedHolding) -> UInt16? {
            guard let value = object[exactly: key] else { return nil }
            guard case .number(let digits) = value, let port = UInt16(digits), port > 0 else {
                throw MalformedHolding(description: "\"\(key)\" is not a port")
            }
            return port
        }
        func address(_ key: String) throws(MalformedHolding) -> IPAddress? {
            guard let value = object[exactly: key] else { return nil }
            guard case .string(let text) = value, let address = IPAddress(text) else {
                throw MalformedHolding(description: "\"\(key)\" is not an IP address")
            }
            return address
        }
        if let address = try address("clusterIP") {
            self.init(service: service, slot: .clusterIP(address.family), value: address.value, isUsed: isUsed)
        } else if let address = try address("loadBalancerIP") {
            self.init(service: service, slot: .loadBalancerIP(address.family), value: address.value, isUsed: isUsed)
        } else if let nodePort = try port("nodePort") {
            guard let port = try port("port") else {
                throw MalformedHolding(description: "no \"port\" beside \"nodePort\"")
            }
            self.init(service: service, slot: .nodePort(port), value: UInt128(nodePort), isUsed: isUsed)
        } else if let nodePort = try port("healthCheckNodePort") {
            self.init(service: service, slot: .healthCheckNodePort, value: UInt128(nodePort), isUsed: isUsed)
        } else {
            throw MalformedHolding(
                description: "no \"clusterIP\", \"loadBalancerIP\", \"nodePort\" or \"healthCheckNodePort\"")
        }
    }
}
