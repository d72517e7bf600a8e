import KubeModel
import NetworkTypes

/// A port of a Service in one family; an EndpointSlice's port joins it by name and protocol.
struct PortKey: Hashable, Comparable {
    let name: String
    let proto: TransportProtocol
    let family: IPFamily

    static func < (a: PortKey, b: PortKey) -> Bool { (a.name, a.proto, a.family) < (b.name, b.proto, b.family) }
}

/// What one EndpointSlice (or Endpoints object) gives to its Service: ready backends by port, sorted, none twice.
struct EndpointContribution: Equatable {
    var backends: [(key: PortKey, backends: [Backend])] = []
    /// The addresses of ready endpoints on this node, sorted, none twice.
    var localAddresses: [IPAddress] = []

    init() {}

    init(_ slice: EndpointSlice, nodeName: String) {
        guard let family = slice.family else { return }
        let ready = slice.endpoints.filter { $0.ready && $0.address.family == family }
        add(ready, slice.ports, family, nodeName)
    }

    init(_ endpoints: Endpoints, nodeName: String) {
        for subset in endpoints.subsets {
            for family in IPFamily.allCases {
                let ready = subset.endpoints.filter { $0.ready && $0.address.family == family }
                if !ready.isEmpty { add(ready, subset.ports, family, nodeName) }
            }
        }
    }

    private mutating func add(_ ready: [Endpoint], _ ports: [EndpointPort], _ family: IPFamily, _ nodeName: String) {
        for port in ports {
            let key = PortKey(name: port.name, proto: port.proto, family: family)
            let added = ready.map { Backend($0.address, port.port) }
            if let index = backends.firstIndex(where: { $0.key == key }) {
                backends[index].backends = sortedUnique(backends[index].backends + added)
            } else {
                backends.append((key, sortedUnique(added)))
            }
        }
        localAddresses = sortedUnique(localAddresses + ready.filter { $0.nodeName == nodeName }.map(\.address))
    }

    /// The backends of one port; empty where this object has none for it.
    func backends(of key: PortKey) -> [Backend] { backends.first { $0.key == key }?.backends ?? [] }

    static func == (a: EndpointContribution, b: EndpointContribution) -> Bool {
        a.localAddresses == b.localAddresses && a.backends.elementsEqual(b.backends) { $0 == $1 }
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
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
        if j == new.count || (i < old.count && old[i] < new[j]) {
            removed(old[i])
            i += 1
        } else if i == old.count || new[j] < old[i] {
            added(new[j])
            j += 1
        } else {
            i += 1
            j += 1
        }
    }
}
