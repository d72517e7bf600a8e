import NetworkTypes

/// The networks of a list; those that do not parse are remarked on and passed over, as kube-proxy does.
func checkedNetworks(_ texts: [String]?, at path: FieldPath, remarks: inout [FieldRemark]) -> [CIDR] {
    var networks: [CIDR] = []
    for (index, text) in (texts ?? []).enumerated() {
        if let network = CIDR(trimmed(text)) {
            networks.append(network)
        } else {
            remarks.passOver(path + [.index(index)], "\(quoted(text)) is not a network such as 10.0.0.0/8")
        }
    }
    return networks
}

/// The addresses of a list at which a Service can be reached.
func serviceAddresses(_ texts: [String]?, at path: FieldPath, remarks: inout [FieldRemark]) -> [IPAddress] {
    var addresses: [IPAddress] = []
    for (index, text) in (texts ?? []).enumerated() {
        if let address = serviceAddress(text, at: path + [.index(index)], remarks: &remarks) {
            addresses.append(address)
        }
    }
    return addresses
}

/// An address at which a Service can be reached; nil, with a remark, for what is none.
func serviceAddress(
    _ text: String, at path: @autoclosure () -> FieldPath, remarks: inout [FieldRemark]
) -> IPAddress? {
    guard let address = IPAddress(trimmed(text)) else {
        remarks.passOver(path(), "\(quoted(text)) is not an IP address")
        return nil
    }
    if let use = address.specialUse {
        remarks.passOver(path(), "\(address) is \(use)")
        return nil
    }
    return address
}

extension IPAddress {
    /// The use that keeps an address from being an endpoint or a Service's own; nil where there is none.
    ///
    /// The API server refuses such addresses, but a manifest does not pass it.
    var specialUse: String? {
        if isUnspecified { return "the unspecified address" }
        if isLoopback { return "a loopback address" }
        if isLinkLocal { return "a link-local address" }
        if isMulticast { return "a multicast address" }
        if self == .v4(IPv4Address(value: .max)) { return "the broadcast address" }
        if unmapped != self { return "an IPv4 address written as an IPv6 one" }
        return nil
    }
}
