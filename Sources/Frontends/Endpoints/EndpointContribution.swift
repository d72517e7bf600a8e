import KubeModel
import NetworkTypes

/// A port of a Service in one family; an EndpointSlice's port joins it by name and protocol.
struct PortKey: Hashable, Comparable {
    let name: String
    let proto: TransportProtocol
    let family: IPFamily

    static func < (a: PortKey, b: PortKey) -> Bool { (a.name, a.proto, a.family) < (b.name, b.proto, b.family) }
}

/// Where this node stands: what is local, and what is near.
struct Location: Equatable {
    let nodeName: String
    /// nil where the Node is not known or names none.
    var zone: String?
}

/// What one EndpointSlice (or Endpoints object) gives to its Service: endpoints by port, sorted, none twice.
struct EndpointContribution: Equatable {
    private(set) var ports: [(key: PortKey, endpoints: [PortEndpoint])] = []
    /// The addresses of endpoints on this node that may be chosen, sorted, none twice.
    private(set) var localAddresses: [IPAddress] = []
    /// The slice itself where it has hints, which mean something else when the node's zone changes; one at most, in an array
    /// because it is large and nearly always missing.
    let hinted: [EndpointSlice]

    init(_ slice: EndpointSlice, _ location: Location) {
        hinted = Self.hasHints(slice) ? [slice] : []
        guard let family = slice.family else { return }
        add(slice.endpoints, slice.ports, family, location)
    }

    private static func hasHints(_ slice: EndpointSlice) -> Bool {
        for index in slice.endpoints.indices where !slice.endpoints[index].hints.isEmpty { return true }
        return false
    }

    /// An Endpoints object has no hints.
    init(_ endpoints: Endpoints, _ location: Location) {
        hinted = []
        for subset in endpoints.subsets {
            for family in IPFamily.allCases where subset.endpoints.contains(where: { $0.address.family == family }) {
                add(subset.endpoints, subset.ports, family, location, ignoring: PortEndpoint.Traits.hints)
            }
        }
    }

    /// Adds the endpoints of one family.
    private mutating func add(
        _ endpoints: [Endpoint], _ ports: [EndpointPort], _ family: IPFamily, _ location: Location,
        ignoring ignored: PortEndpoint.Traits = []
    ) {
        var own: [PortEndpoint] = []
        own.reserveCapacity(endpoints.count)
        var local: [IPAddress] = []
        let firstPort = ports.first?.port ?? 0
        for index in endpoints.indices where endpoints[index].address.family == family {
            let traits = endpoints[index].traits(location).subtracting(ignored)
            let address = endpoints[index].address
            own.append(PortEndpoint(backend: Backend(address, firstPort), traits: traits))
            if traits.contains(.local), !traits.isDisjoint(with: [.ready, .drains]) { local.append(address) }
        }
        for (number, port) in ports.enumerated() {
            let key = PortKey(name: port.name, proto: port.proto, family: family)
            // Nearly always there is one port.
            let added = number == 0 ? own : own.map { $0.on(port.port) }
            if let index = self.ports.firstIndex(where: { $0.key == key }) {
                self.ports[index].endpoints = Self.merged(self.ports[index].endpoints + added)
            } else {
                self.ports.append((key, Self.merged(added)))
            }
        }
        if !local.isEmpty { localAddresses = sortedUnique(localAddresses + local) }
    }

    /// The addresses of all endpoints, sorted, none twice.
    var addresses: [IPAddress] {
        ports.count == 1
            ? sortedUnique(ports[0].endpoints.map(\.backend.address))
            : sortedUnique(ports.flatMap { $0.endpoints.map(\.backend.address) })
    }

    /// The endpoints of one port; empty where this object has none for it.
    func endpoints(of key: PortKey) -> [PortEndpoint] {
        for index in ports.indices where ports[index].key == key { return ports[index].endpoints }
        return []
    }

    /// The ports, TCP's apart, of which an endpoint answered before and does no longer.
    static func silenced(from old: EndpointContribution?, to new: EndpointContribution?) -> [PortKey] {
        guard let old else { return [] }
        return old.ports.compactMap { key, endpoints in
            if key.proto == .tcp { return nil }
            let answering = Set(new?.endpoints(of: key).filter(\.answers).map(\.backend) ?? [])
            return endpoints.contains { $0.answers && !answering.contains($0.backend) } ? key : nil
        }
    }

    /// Sorted by backend; of several entries for one the one that counts.
    static func merged(_ endpoints: [PortEndpoint]) -> [PortEndpoint] {
        // As controllers write them, and none twice: nearly always.
        if isSorted(endpoints) { return endpoints }
        let sorted = endpoints.sorted { $0.backend < $1.backend }
        if isSorted(sorted) { return sorted }
        var merged: [PortEndpoint] = []
        merged.reserveCapacity(sorted.count)
        for endpoint in sorted {
            if let last = merged.last, last.backend == endpoint.backend {
                if endpoint.supersedes(last) { merged[merged.count - 1] = endpoint }
            } else {
                merged.append(endpoint)
            }
        }
        return merged
    }

    private static func isSorted(_ endpoints: [PortEndpoint]) -> Bool {
        for index in endpoints.indices.dropFirst() where !(endpoints[index - 1].backend < endpoints[index].backend) {
            return false
        }
        return true
    }

    static func == (a: EndpointContribution, b: EndpointContribution) -> Bool {
        guard a.ports.count == b.ports.count, a.localAddresses == b.localAddresses, a.hinted == b.hinted else {
            return false
        }
        for index in a.ports.indices
        where a.ports[index].endpoints != b.ports[index].endpoints || a.ports[index].key != b.ports[index].key {
            return false
        }
        return true
    }
}

extension Endpoint {
    /// Inlined, because a call would copy the endpoint and all that it holds.
    @inline(__always) fileprivate func traits(_ location: Location) -> PortEndpoint.Traits {
        var traits: PortEndpoint.Traits = []
        if ready { traits.insert(.ready) }
        if terminating { traits.insert(.terminating) }
        if serving && terminating { traits.insert(.drains) }
        if serving && !terminating && !ready { traits.insert(.servesUnready) }
        if nodeName == location.nodeName { traits.insert(.local) }
        if hints.isEmpty { return traits }
        if !nodeHints.isEmpty { traits.insert(.hasNodeHint) }
        if nodeHints.contains(location.nodeName) { traits.insert(.isForThisNode) }
        if !zoneHints.isEmpty { traits.insert(.hasZoneHint) }
        if let zone = location.zone, zoneHints.contains(zone) { traits.insert(.isForThisZone) }
        return traits
    }
}

private func sortedUnique<Element: Comparable>(_ elements: [Element]) -> [Element] {
    var sorted = elements.sorted()
    var kept = 0
    for index in sorted.indices where kept == 0 || sorted[index] != sorted[kept - 1] {
        sorted[kept] = sorted[index]
        kept += 1
    }
    sorted.removeLast(sorted.count - kept)
    return sorted
}

/// Walks two sorted lists and hands over what only one of them holds.
func compare<Element: Comparable>(
    _ old: [Element], _ new: [Element], removed: (Element) -> Void, added: (Element) -> Void
) {
    compare(old, new, by: \.self, removed: removed, added: added)
}

/// Walks two lists that are sorted by a key and hands over those elements whose key only one of them holds.
func compare<Element, Key: Comparable>(
    _ old: [Element], _ new: [Element], by key: (Element) -> Key, removed: (Element) -> Void, added: (Element) -> Void
) {
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
        if i < old.count, j < new.count, key(old[i]) == key(new[j]) {
            // Nearly all.
            i += 1
            j += 1
        } else if j == new.count || (i < old.count && key(old[i]) < key(new[j])) {
            removed(old[i])
            i += 1
        } else {
            added(new[j])
            j += 1
        }
    }
}
