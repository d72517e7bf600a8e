/// An Endpoints object (core/v1) as it was sent.
package struct EndpointsFields: Sendable, Hashable {
    package var metadata: MetadataFields?
    package var subsets: [Subset]?

    package struct Subset: Sendable, Hashable {
        package var addresses: [Address]?
        package var notReadyAddresses: [Address]?
        package var ports: [EndpointPortFields]?

        package init(
            addresses: [Address]? = nil, notReadyAddresses: [Address]? = nil, ports: [EndpointPortFields]? = nil
        ) {
            self.addresses = addresses
            self.notReadyAddresses = notReadyAddresses
            self.ports = ports
        }
    }

    package struct Address: Sendable, Hashable {
        package var ip: String?
        package var nodeName: String?

        package init(ip: String? = nil, nodeName: String? = nil) {
            self.ip = ip
            self.nodeName = nodeName
        }
    }

    package init(metadata: MetadataFields? = nil, subsets: [Subset]? = nil) {
        self.metadata = metadata
        self.subsets = subsets
    }
}
