package import NetworkTypes

/// How a version of the specification writes results; versions of one shape differ in their number only.
package enum ResultShape: Sendable, Hashable {
    /// 0.1.0 and 0.2.0: `ip4` and `ip6`, each with one address and its routes, and no interfaces.
    case byFamily
    /// 0.3.0 to 0.4.0: lists, in which each address says its family in `version`.
    case tagged
    /// 1.0.0 and 1.1.0: lists; interfaces have `mtu`, `socketPath` and `pciID`; an empty `dns` is left out.
    case current
}

extension SpecVersion {
    package var resultShape: ResultShape {
        switch self {
        case .v0_1_0, .v0_2_0: .byFamily
        case .v0_3_0, .v0_3_1, .v0_4_0: .tagged
        case .v1_0_0, .v1_1_0: .current
        }
    }

    /// Checks, before anything is made, that a result with these addresses can be told in this version.
    ///
    /// - Parameter families: the family of each address.
    /// - Throws: code 7: 0.1.0 and 0.2.0 need an address, and have room for one of each family.
    package func requireRoom(for families: [IPFamily]) throws(CNIError) {
        guard resultShape == .byFamily else { return }
        guard !families.isEmpty else { throw noAddresses }
        guard Set(families).count == families.count else {
            throw CNIError(
                .invalidConfiguration, "CNI version \(rawValue) does not support more than 1 address per family",
                details: "set cniVersion to 0.3.0 or later")
        }
    }

    /// The failure of a conversion to 0.1.0 or 0.2.0, which cannot say that there is no address.
    var noAddresses: CNIError {
        CNIError(
            .invalidConfiguration, "cannot convert: no valid IP addresses",
            details: "results of version \(rawValue) hold an address: set cniVersion to 0.3.0 or later, or give ipam")
    }
}
