package import CNIProtocol
package import NetworkTypes

extension NetworkConfiguration {
    /// The result of the plugin before this one, which a plugin that only adds to a pod cannot do without.
    ///
    /// - Parameter need: what for, and where the plugin belongs.
    /// - Throws: code 7 when there is none.
    package func chainedResult(_ need: String) throws(CNIError) -> AddResult {
        guard let previous = try previousResult() else {
            throw CNIError(.invalidConfiguration, "must be called as chained plugin", details: need)
        }
        return previous
    }
}

extension AddResult {
    /// This result behind that of the plugin before it in the list.
    package func following(_ previous: AddResult?) -> AddResult {
        guard var result = previous else { return self }
        let offset = result.interfaces.count
        result.interfaces += interfaces
        result.addresses += addresses.map { address in
            var address = address
            address.interface = address.interface.map { $0 + offset }
            return address
        }
        result.routes += routes
        if !dns.isEmpty { result.dns = dns }
        return result
    }

    /// The addresses of one of the pod's interfaces; those that name no interface count too.
    package func addresses(of interface: String) -> [CIDR] {
        addresses.filter { address in
            guard let index = address.interface, interfaces.indices.contains(index) else { return true }
            return !interfaces[index].sandbox.isEmpty && interfaces[index].name == interface
        }.map(\.address)
    }

    /// The names of the node's interfaces.
    package var hostInterfaces: [String] { interfaces.filter(\.sandbox.isEmpty).map(\.name) }
}
