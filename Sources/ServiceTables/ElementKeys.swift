import Frontends
import NFTables
import NetworkTypes

extension Elements {
    /// Appends the words of a frontend's key: address (unless a node port), protocol, port.
    mutating func append(key frontend: Frontend) {
        if case .address(let address) = frontend.destination { append(address.value, frontend.family) }
        words.append(UInt32(frontend.proto.number))
        append(port: frontend.port)
    }

    /// Appends the words of a backend: address, port.
    mutating func append(_ backend: Backend) {
        append(backend.addressValue, backend.family)
        append(port: backend.port)
    }

    /// Appends an address in network byte order.
    mutating func append(_ address: UInt128, _ family: IPFamily) {
        if family == .ipv6 {
            words.append(UInt32(truncatingIfNeeded: address >> 96).bigEndian)
            words.append(UInt32(truncatingIfNeeded: address >> 64).bigEndian)
            words.append(UInt32(truncatingIfNeeded: address >> 32).bigEndian)
        }
        words.append(UInt32(truncatingIfNeeded: address).bigEndian)
    }

    private mutating func append(port: UInt16) { words.append((UInt32(port) << 16).bigEndian) }
}

extension Frontend {
    /// Reads a key; nil for one that Fairway does not make.
    init?(key: ArraySlice<UInt32>, _ family: IPFamily, isNodePort: Bool) {
        let addressWords = isNodePort ? 0 : family.addressBytes / 4
        guard key.count >= addressWords + 2,
            let proto = TransportProtocol(number: UInt8(truncatingIfNeeded: key[key.startIndex + addressWords]))
        else { return nil }
        let port = UInt16(key[key.startIndex + addressWords + 1].bigEndian >> 16)
        let address = IPAddress(family: family, value: UInt128(words: key.prefix(addressWords)))
        self.init(isNodePort ? .nodePort(family) : .address(address), proto, port)
    }
}

extension Backend {
    init?(data: ArraySlice<UInt32>, _ family: IPFamily) {
        guard data.count == family.addressBytes / 4 + 1, let last = data.last else { return nil }
        self.init(
            IPAddress(family: family, value: UInt128(words: data.dropLast())), UInt16(last.bigEndian >> 16))
    }
}

extension UInt128 {
    /// Reads an address from words in network byte order.
    init(words: ArraySlice<UInt32>) { self = words.reduce(0) { $0 << 32 | UInt128($1.bigEndian) } }
}
