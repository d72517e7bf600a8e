package import ServiceTables

/// What the daemon was asked to do, checked.
package struct ProxyConfiguration: Sendable {
    package var origin: ObjectOrigin
    package var nodeName: String
    package var tables: ServiceTableOptions
    package var conntrack: ConntrackSettings
    package var allocation: AllocationSettings

    package init(
        origin: ObjectOrigin, nodeName: String, tables: ServiceTableOptions, conntrack: ConntrackSettings,
        allocation: AllocationSettings = AllocationSettings()
    ) {
        self.origin = origin
        self.nodeName = nodeName
        self.tables = tables
        self.conntrack = conntrack
        self.allocation = allocation
    }
}

/// A setting that can't be used; the text names it and the cure.
package struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
