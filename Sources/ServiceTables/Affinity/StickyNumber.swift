/// A Service's port with affinity, as its chains and maps are named: `clients-8`.
struct StickyNumber: Hashable, Comparable {
    /// 1 to 65535, to fit a class id's minor number.
    let rawValue: UInt32

    /// How many there can be at once.
    static let limit: UInt32 = 0xffff

    /// nil for a number that Fairway does not give.
    init?(rawValue: UInt32) {
        guard (1...Self.limit).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// The one behind a number, and behind the last the first.
    init(following value: UInt32) { rawValue = value % Self.limit + 1 }

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

    /// The chain that translates to the backend whose id is in the priority, and comes back where there is none.
    var server: String { self == .all ? "serve" : "serve-local" }

    /// The key of `sticky-counts` that tells how many backends a port has.
    func countKey(_ number: StickyNumber) -> UInt32 { UInt32(rawValue) << 16 | number.rawValue }
}
