import NetworkTypes

extension IPAddress {
    /// The use that keeps an address from being an endpoint or a Service's own; nil where there is none.
    ///
    /// The API server refuses such addresses, but a manifest does not pass it.
    var specialUse: String? {
        if isUnspecified { return "the unspecified address" }
        if isLoopback { return "a loopback address" }
        if isLinkLocal { return "a link-local address" }
        if isMulticast { return "a multicast address" }
        return nil
    }
}
