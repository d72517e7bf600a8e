import KubeModel
import NetworkTypes

/// The values of one network, or of the range of node ports: who has which.
///
/// As in the API server, people choose from the range's first part, which is given out last.
struct Pool {
    /// Who has a value: any number of objects that name it, or one Service that was given it.
    struct User {
        var naming = 0
        var holder: Holder?
    }

    struct Holder: Equatable {
        let service: NamespacedName
        let slot: Slot
    }

    let kind: Slot.Kind
    private let values: ClosedRange<UInt128>
    /// Where the part begins that is given out first.
    private let dynamicStart: UInt128
    private var users: [UInt128: User] = [:]

    /// A network's addresses, without the first and the last, which name the network and everybody in it; a network of one or
    /// two addresses has neither.
    ///
    /// - Parameter reserves: people choose addresses of it.
    init(_ kind: Slot.Kind, _ network: CIDR, reserves: Bool) {
        self.kind = kind
        let (first, last) = (network.first.value, network.last.value)
        let edge: UInt128 = network.hostBits < 2 ? 0 : 1
        // Of a large IPv6 network 64 bits are plenty.
        let end = min(last - edge, first + UInt128(UInt64.max))
        values = first + edge...end
        dynamicStart = values.lowerBound + (reserves ? Self.reserve(last - first, step: 16, longest: 256) : 0)
    }

    init(_ ports: ClosedRange<UInt16>) {
        kind = .port
        values = UInt128(ports.lowerBound)...UInt128(ports.upperBound)
        dynamicStart = values.lowerBound + Self.reserve(UInt128(ports.count) - 1, step: 32, longest: 128)
    }

    /// How many values people choose from, as the API server has it.
    ///
    /// - Parameter length: one less than there are values in all.
    private static func reserve(_ length: UInt128, step: UInt128, longest: UInt128) -> UInt128 {
        let size = length == .max ? length : length + 1
        return size <= 16 ? 0 : min(max(size / step, 16), longest)
    }

    func contains(_ value: UInt128) -> Bool { values.contains(value) }

    func holder(of value: UInt128) -> Holder? { users[value]?.holder }

    func isNamed(_ value: UInt128) -> Bool { users[value].map { $0.naming > 0 } ?? false }

    /// An object names the value from now on.
    mutating func name(_ value: UInt128) { users[value, default: User()].naming += 1 }

    mutating func unname(_ value: UInt128) {
        users[value]?.naming -= 1
        forgetIfFree(value)
    }

    mutating func setHolder(of value: UInt128, _ holder: Holder?) {
        users[value, default: User()].holder = holder
        forgetIfFree(value)
    }

    private mutating func forgetIfFree(_ value: UInt128) {
        if let user = users[value], user.naming == 0, user.holder == nil { users[value] = nil }
    }

    /// The first value that nobody has, from a place on that the hash says; nil where all are taken.
    func firstFree(from hash: UInt64) -> UInt128? {
        let (first, last) = (values.lowerBound, values.upperBound)
        // A /64 whole has one more than fits its own length's type, and is never full.
        if UInt128(users.count) > last - first { return nil }
        return (dynamicStart <= last ? firstFree(in: dynamicStart...last, from: hash) : nil)
            ?? (first < dynamicStart ? firstFree(in: first...min(last, dynamicStart - 1), from: hash) : nil)
    }

    private func firstFree(in band: ClosedRange<UInt128>, from hash: UInt64) -> UInt128? {
        let count = band.upperBound - band.lowerBound + 1
        let start = UInt128(hash) % count
        var step: UInt128 = 0
        while step < count {
            let value = band.lowerBound + (start + step) % count
            if users[value] == nil { return value }
            step += 1
        }
        return nil
    }
}
