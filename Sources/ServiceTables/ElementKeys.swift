import Frontends
import NFTables
import NetworkTypes

extension Elements {
    /// Appends the words of a frontend's key: address (unless a node port), protocol, port.
    mutating func append(key frontend: Frontend) {
        // Nearly always there is one.
        if words.isEmpty { words.reserveCapacity(stride) }
        if case .address(let address) = frontend.destination { words.append(address: address.value, frontend.family) }
        words.append(proto: frontend.proto)
        words.append(port: frontend.port)
    }

    /// Appends the words of a backend: address, port.
    mutating func append(_ backend: Backend) {
        words.append(address: backend.addressValue, backend.family)
        words.append(port: backend.port)
    }
}

extension Frontend {
    /// Reads a key; nil for one that Fairway does not make.
    init?(key: ArraySlice<UInt32>, _ family: IPFamily, isNodePort: Bool) {
        let addressWords = isNodePort ? 0 : family.addressBytes / 4
        guard key.count >= addressWords + 2,
            let proto = TransportProtocol(number: UInt8(truncatingIfNeeded: key[key.startIndex + addressWords]))
        else { return nil }
        let port = key[key.startIndex + addressWords + 1].portValue
        let address = IPAddress(family: family, value: key.prefix(addressWords).addressValue)
        self.init(isNodePort ? .nodePort(family) : .address(address), proto, port)
    }
}

extension Backend {
    init?(data: ArraySlice<UInt32>, _ family: IPFamily) {
        guard data.count == family.addressBytes / 4 + 1, let last = data.last else { return nil }
        self.init(IPAddress(family: family, value: data.dropLast().addressValue), last.portValue)
    }
}
