import NetworkTypes

extension EndpointSlice {
    private enum AddressType: String, CaseIterable {
        case ipv4 = "IPv4"
        case ipv6 = "IPv6"
        case fqdn = "FQDN"

        var family: IPFamily? { IPFamily(rawValue: rawValue) }
    }

    /// The label by which a slice belongs to its Service.
    private static let serviceLabel = "kubernetes.io/service-name"

    /// The label of a headless Service's slices, which are for DNS: they belong to no Service that is served.
    private static let headlessLabel = "service.kubernetes.io/headless"

    /// The EndpointSlice that fields make; parameter and errors as for any object.
    package init(_ fields: EndpointSliceFields, remarks: inout [FieldRemark]) throws(FieldRemark) {
        let metadata = try ObjectMetadata(fields.metadata)
        guard let addressType = try checkedWord(fields.addressType, as: AddressType.self, at: ["addressType"]) else {
            throw FieldRemark(path: ["addressType"], text: "is missing (IPv4, IPv6 or FQDN)")
        }
        let service = metadata.labels[Self.serviceLabel].flatMap { name in
            name.isEmpty || metadata.labels[Self.headlessLabel] != nil
                ? nil : NamespacedName(namespace: metadata.namespace, name: name)
        }
        if metadata.labels[Self.serviceLabel]?.isEmpty != false {
            remarks.append(
                FieldRemark(
                    path: ["metadata", "labels"],
                    text: "\(Self.serviceLabel) is missing, so the endpoints are no Service's"))
        }
        self.init(name: metadata.namespacedName, service: service, family: addressType.family)
        // Nothing but a figure depends on it.
        changedAt = fields.metadata?.lastChangeTriggerTime.flatMap { nanosecondsSince1970(rfc3339: $0) }
        for (index, entry) in (fields.ports ?? []).enumerated() {
            if let port = try EndpointPort(entry, at: ["ports", .index(index)]) { ports.append(port) }
        }
        guard let family, let entries = fields.endpoints else { return }
        endpoints.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            func path() -> FieldPath { ["endpoints", .index(index), "addresses"] }
            guard let text = entry.addresses?.first else {
                remarks.append(FieldRemark(path: path(), text: "is empty; the endpoint is passed over"))
                continue
            }
            guard let address = IPAddress(text), address.family == family else {
                throw FieldRemark(path: path(), text: "\(quoted(text)) is not an \(family.rawValue) address")
            }
            if let use = address.specialUse {
                throw FieldRemark(path: path(), text: "\(address) is \(use), not an endpoint")
            }
            endpoints.append(
                Endpoint(
                    address: address, ready: entry.ready ?? true, serving: entry.serving ?? true,
                    terminating: entry.terminating ?? false, nodeName: entry.nodeName,
                    zoneHints: entry.zoneHints ?? [], nodeHints: entry.nodeHints ?? []))
        }
    }
}

extension EndpointPort {
    /// The port of a slice or of a subset that fields make; nil where they have no number.
    init?(_ fields: EndpointPortFields, at path: @autoclosure () -> FieldPath) throws(FieldRemark) {
        let name = try checkedPortName(fields.name, at: path() + ["name"])
        let proto = try checkedProtocol(fields.protocol, at: path() + ["protocol"])
        guard let port = try checkedPort(fields.port, at: path() + ["port"]) else { return nil }
        self.init(name: name, proto: proto, port: port)
    }
}
