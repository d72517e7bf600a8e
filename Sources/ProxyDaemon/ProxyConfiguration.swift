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

    package init(
        origin: ObjectOrigin, nodeName: String, settings: ProxySettings,
        allocation: AllocationSettings = AllocationSettings(), document: JSONValue = .null,
        file: (path: String, content: [UInt8])? = nil
    ) {
        self.origin = origin
        self.nodeName = nodeName
        self.settings = settings
        self.allocation = allocation
        self.document = document
        self.file = file
    }
}

/// How the daemon works, wherever its objects come from.
package struct ProxySettings: Sendable, Hashable {
    package var tables: ServiceTableOptions
    package var conntrack: ConntrackSettings
    package var status: StatusSettings

    package init(tables: ServiceTableOptions, conntrack: ConntrackSettings, status: StatusSettings) {
        self.tables = tables
        self.conntrack = conntrack
        self.status = status
    }
}

/// A setting that can't be used; the text names it and the cure.
package struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
