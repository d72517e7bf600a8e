import NetworkTypes

/// A Service's port with affinity, as its chains and maps are named: `clients-8`.
///
/// It fits a class id's minor number. The rules need to know the protocol, so that is part of it: the remainder by four.
struct StickyNumber: Hashable, Comparable {
    let rawValue: UInt32

    private static let protocols: [TransportProtocol] = [.tcp, .udp, .sctp]

    /// How many there can be at once.
    static let limit: UInt32 = 0x3fff

    /// - Parameter index: 1 to `limit`.
    init(_ index: UInt32, _ proto: TransportProtocol) {
        rawValue = index * 4 + UInt32(Self.protocols.firstIndex(of: proto) ?? 0)
    }

    /// Reads a number; nil for one that Fairway does not give.
    init?(rawValue: UInt32) {
        guard (4...0xffff).contains(rawValue), rawValue % 4 < Self.protocols.count else { return nil }
        self.rawValue = rawValue
    }

    var proto: TransportProtocol { Self.protocols[Int(rawValue % 4)] }

    static func < (a: StickyNumber, b: StickyNumber) -> Bool { a.rawValue < b.rawValue }
}

/// Which of a port's backends are chosen from.
enum StickySide: Int, CaseIterable {
    case all = 0
    /// This node's.
    case local = 1

    init(_ isLocal: Bool) { self = isLocal ? .local : .all }

    /// The other one.
    var other: StickySide { self == .all ? .local : .all }

    /// Where its backends begin among a port's slots.
    var firstSlot: Int { self == .all ? 0 : TableLayout.localSlots }

    /// id -> backend.
    var endpoints: String { self == .all ? TableLayout.stickyEndpoints : TableLayout.stickyLocalEndpoints }

    /// The key of `sticky-counts` that tells how many backends a port has.
    func countKey(_ number: StickyNumber) -> UInt32 { UInt32(rawValue) << 16 | number.rawValue }
}
