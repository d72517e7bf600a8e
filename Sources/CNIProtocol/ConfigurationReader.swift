package import JSON
package import NetworkTypes

/// Typed access to the members of one object of the configuration.
///
/// Absent and null are the same; every failure names the key's whole path (`ipam.ranges[0][1].subnet`) and its value.
package struct ConfigurationReader: Sendable {
    package let object: JSONObject
    /// The path of the object from the configuration's root; empty for the root.
    package let path: String

    package init(_ object: JSONObject, path: String = "") {
        self.object = object
        self.path = path
    }

    package func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    package func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    package func failure(_ key: String, _ reason: String) -> CNIError {
        CNIError(.invalidConfiguration, "invalid \(path(of: key)): \(reason)")
    }

    private func mismatch(_ key: String, _ value: JSONValue, _ wanted: String) -> CNIError {
        failure(key, "\(value.serialized) is \(value.kind), \(wanted) is needed")
    }

    package func string(_ key: String) throws(CNIError) -> String? {
        switch value(key) {
        case nil: return nil
        case .string(let text)?: return text
        case let other?: throw mismatch(key, other, "a string")
        }
    }

    package func bool(_ key: String) throws(CNIError) -> Bool? {
        switch value(key) {
        case nil: return nil
        case .bool(let value)?: return value
        case let other?: throw mismatch(key, other, "a boolean")
        }
    }

    package func integer(_ key: String, in range: ClosedRange<Int>) throws(CNIError) -> Int? {
        switch value(key) {
        case nil: return nil
        case .number(let digits)?:
            guard let value = Int(digits), range.contains(value) else {
                throw failure(key, "\(digits) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        case let other?: throw mismatch(key, other, "a number")
        }
    }

    package func array(_ key: String) throws(CNIError) -> [JSONValue]? {
        switch value(key) {
        case nil: return nil
        case .array(let elements)?: return elements
        case let other?: throw mismatch(key, other, "a list")
        }
    }

    package func reader(_ key: String) throws(CNIError) -> ConfigurationReader? {
        switch value(key) {
        case nil: return nil
        case .object(let object)?: return ConfigurationReader(object, path: path(of: key))
        case let other?: throw mismatch(key, other, "an object")
        }
    }

    /// The readers of a list of objects.
    package func readers(_ key: String) throws(CNIError) -> [ConfigurationReader] {
        var readers: [ConfigurationReader] = []
        for (index, element) in (try array(key) ?? []).enumerated() {
            guard case .object(let object) = element else {
                throw mismatch("\(key)[\(index)]", element, "an object")
            }
            readers.append(ConfigurationReader(object, path: "\(path(of: key))[\(index)]"))
        }
        return readers
    }

    package func strings(_ key: String) throws(CNIError) -> [String]? {
        guard let elements = try array(key) else { return nil }
        var strings: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else { throw mismatch("\(key)[\(index)]", element, "a string") }
            strings.append(text)
        }
        return strings
    }

    package func address(_ key: String) throws(CNIError) -> IPAddress? {
        guard let text = try string(key), !text.isEmpty else { return nil }
        guard let address = IPAddress(text) else { throw failure(key, "\"\(text)\" is not an IP address") }
        return address
    }

    package func cidr(_ key: String) throws(CNIError) -> CIDR? {
        guard let text = try string(key), !text.isEmpty else { return nil }
        guard let cidr = CIDR(text) else { throw failure(key, "\"\(text)\" is not ADDRESS/LENGTH") }
        return cidr
    }

    /// A list of networks; a single address counts as a network of its own.
    package func networks(_ key: String) throws(CNIError) -> [CIDR] {
        var networks: [CIDR] = []
        for (index, text) in (try strings(key) ?? []).enumerated() {
            let single = IPAddress(text).flatMap { CIDR($0, prefixLength: $0.family.addressBits) }
            guard let network = single ?? CIDR(text)?.network else {
                throw failure("\(key)[\(index)]", "\"\(text)\" is neither an address nor a network")
            }
            networks.append(network)
        }
        return networks
    }
}
