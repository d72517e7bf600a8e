extension RouteRequest: CustomStringConvertible {
    /// The request in words, for errors.
    package var description: String {
        switch self {
        case .createLink(let link):
            if case .veth(let peer) = link.kind {
                "create the veth pair \(link.name) and \(peer.name)"
            } else {
                "create the \(link.kind.name) \(link.name)"
            }
        case .changeLink(let link, let change): "change \(link): \(change.words)"
        case .deleteLink(let link): "delete \(link)"
        case .deleteGroup(let group): "delete the links of group \(group)"
        case .addAddress(let address): "add the address \(address.address) to link \(address.link)"
        case .deleteAddress(let address): "delete the address \(address.address) from link \(address.link)"
        case .addRoute(let route): "add the \(route)"
        case .replaceRoute(let route): "set the \(route)"
        case .deleteRoute(let route): "delete the \(route)"
        case .setNeighbour(let neighbour): "set the neighbour \(neighbour.address)"
        case .deleteNeighbour(let neighbour): "delete the neighbour \(neighbour.address)"
        case .addVLANs(let vlans): "add \(vlans)"
        case .deleteVLANs(let vlans): "delete \(vlans)"
        case .setRootQueue(let bucket, let link): "shape link \(link) to \(bucket.bytesPerSecond) bytes per second"
        case .deleteRootQueue(let link): "end the shaping of link \(link)"
        }
    }
}

extension LinkReference: CustomStringConvertible {
    package var description: String {
        switch self {
        case .index(let index): "link \(index)"
        case .name(let name): "link \(name)"
        }
    }
}

extension Route: CustomStringConvertible {
    package var description: String { "route to \(destination)" + (gateway.map { " via \($0)" } ?? "") }
}

extension PortVLANs: CustomStringConvertible {
    package var description: String {
        let ranges = entries.map { $0.range.count == 1 ? "\($0.range.lowerBound)" : "\($0.range)" }
        return "VLAN \(ranges.joined(separator: ", ")) of link \(link)"
    }
}

extension LinkChange {
    fileprivate var words: String {
        var words: [String] = []
        if let name { words.append("the name \(name)") }
        if let isUp { words.append(isUp ? "up" : "down") }
        if let isPromiscuous { words.append("promiscuous \(isPromiscuous ? "on" : "off")") }
        if mac != nil { words.append("MAC address") }
        if mtu != nil { words.append("MTU") }
        if alias != nil { words.append("alias") }
        if group != nil { words.append("group") }
        if bridge != nil { words.append("bridge options") }
        if port != nil { words.append("bridge port options") }
        return words.joined(separator: ", ")
    }
}
