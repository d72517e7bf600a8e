import KubeModel
import KubeWire

extension EndpointSliceFields {
    init(_ wire: WireEndpointSlice) {
        self.init(
            metadata: wire.hasMetadata ? MetadataFields(wire.metadata) : nil, addressType: sent(wire.addressType),
            endpoints: sent(wire.endpoints.map(Endpoint.init)),
            ports: sent(
                wire.ports.map {
                    EndpointPortFields(
                        name: $0.hasName ? $0.name : nil, protocol: $0.hasProtocol ? $0.protocol : nil,
                        port: $0.hasPort ? Int($0.port) : nil)
                }))
    }
}

extension EndpointSliceFields.Endpoint {
    fileprivate init(_ wire: WireEndpoint) {
        self.init(addresses: sent(wire.addresses))
        if wire.hasConditions {
            ready = wire.conditions.hasReady ? wire.conditions.ready : nil
            serving = wire.conditions.hasServing ? wire.conditions.serving : nil
            terminating = wire.conditions.hasTerminating ? wire.conditions.terminating : nil
        }
        nodeName = wire.hasNodeName ? wire.nodeName : nil
        zone = wire.hasZone ? wire.zone : nil
        if wire.hasHints {
            zoneHints = sent(wire.hints.forZones.map(\.name))
            nodeHints = sent(wire.hints.forNodes.map(\.name))
        }
    }
}
