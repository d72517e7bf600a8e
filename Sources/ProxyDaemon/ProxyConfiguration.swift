package import JSON
package import ServiceTables

/// What the daemon was asked to do, checked.
package struct ProxyConfiguration: Sendable {
    package var origin: ObjectOrigin
    package var nodeName: String
    package var settings: ProxySettings
    package var allocation: AllocationSettings
    /// What `/configz` says.
    package var document: JSONValue
    /// The configuration file, and what was read from it; nil where there is none.
    package var file: (path: String, content: [UInt8])?
}

/// How the daemon works, wherever its objects come from.
package struct ProxySettings: Sendable, Hashable {
    package var tables: ServiceTableOptions
    package var conntrack: ConntrackSettings
    package var status: StatusSettings
}

/// A setting that can't be used; the text names it and the cure.
package struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
