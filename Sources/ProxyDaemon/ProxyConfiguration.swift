package import NetworkTypes
package import ServiceTables

/// What the daemon was asked to do, checked.
package struct ProxyConfiguration: Sendable {
    /// The folder that holds the cluster's objects.
    package var manifests: String
    package var nodeName: String
    package var tables: ServiceTableOptions

    /// Of each family: a rule compares the source with each, and has room for a limited number of expressions.
    private static let mostNetworks = 8

    package init(manifests: String, nodeName: String, tables: ServiceTableOptions) {
        self.manifests = manifests
        self.nodeName = nodeName
        self.tables = tables
    }

    /// Reads a comma-separated list of networks such as `10.244.0.0/16,fd00:10:244::/48`.
    ///
    /// - Throws: `ConfigurationError` that names the part that is no network.
    package static func clusterCIDRs(_ text: String) throws(ConfigurationError) -> [CIDR] {
        var cidrs: [CIDR] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = part.drop { $0 == " " }
            guard let cidr = CIDR(trimmed) else {
                throw ConfigurationError(
                    "--cluster-cidr: \"\(part)\" is no network; write ADDRESS/LENGTH, such as 10.244.0.0/16")
            }
            guard cidr.isNetwork else {
                throw ConfigurationError("--cluster-cidr: \(cidr) has host bits set; did you mean \(cidr.network)?")
            }
            cidrs.append(cidr)
        }
        for family in IPFamily.allCases where cidrs.filter({ $0.family == family }).count > Self.mostNetworks {
            throw ConfigurationError("--cluster-cidr: more than \(Self.mostNetworks) \(family.rawValue) networks")
        }
        return cidrs
    }
}

/// A setting that can't be used; the text names it and the cure.
package struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
