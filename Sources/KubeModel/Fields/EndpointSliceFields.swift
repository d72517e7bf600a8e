/// An EndpointSlice (discovery.k8s.io/v1) as it was sent.
package struct EndpointSliceFields: Sendable, Hashable {
    package var metadata: MetadataFields?
    package var addressType: String?
    package var endpoints: [Endpoint]?
    package var ports: [EndpointPortFields]?

    package struct Endpoint: Sendable, Hashable {
        package var addresses: [String]?
        /// `conditions.ready`, and so on.
        package var ready: Bool?
        package var serving: Bool?
        package var terminating: Bool?
        package var nodeName: String?
        package var zone: String?
        /// `hints.forZones[].name`, empty where an entry has none.
        package var zoneHints: [String]?
        /// `hints.forNodes[].name`, empty where an entry has none.
        package var nodeHints: [String]?

        package init(addresses: [String]? = nil) { self.addresses = addresses }
    }

    package init(
        metadata: MetadataFields? = nil, addressType: String? = nil, endpoints: [Endpoint]? = nil,
        ports: [EndpointPortFields]? = nil
    ) {
        self.metadata = metadata
        self.addressType = addressType
        self.endpoints = endpoints
        self.ports = ports
    }
}

/// A port of a slice, or of a subset of an Endpoints object, as it was sent.
package struct EndpointPortFields: Sendable, Hashable {
    package var name: String?
    package var `protocol`: String?
    package var port: Int?

    package init(name: String? = nil, protocol: String? = nil, port: Int? = nil) {
        self.name = name
        self.protocol = `protocol`
        self.port = port
    }
}
