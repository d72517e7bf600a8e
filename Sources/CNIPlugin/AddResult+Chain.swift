import CNIProtocol

extension AddResult {
    /// This result behind that of the plugin before it in the list.
    func following(_ previous: AddResult?) -> AddResult {
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
}
