import KubeModel
import KubeWire

extension NodeFields {
    init(_ wire: WireNode) {
        self.init(
            metadata: wire.hasMetadata ? MetadataFields(wire.metadata) : nil, podCIDR: sent(wire.spec.podCidr),
            podCIDRs: sent(wire.spec.podCidrs),
            addresses: sent(
                wire.status.addresses.map { Address(type: sent($0.type), address: sent($0.address)) }))
        taintKeys = sent(wire.spec.taints.map(\.key))
    }
}

extension ServiceCIDRFields {
    init(_ wire: WireServiceCIDR) {
        self.init(metadata: wire.hasMetadata ? MetadataFields(wire.metadata) : nil, cidrs: sent(wire.spec.cidrs))
    }
}
