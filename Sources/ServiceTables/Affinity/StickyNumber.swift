/// A Service's port with affinity, as its chains and its map are named: `clients-8`.
///
/// What a packet carries on its way through a port's chains is told apart by its highest two bits: a slot's number has
/// neither, the key of a number of backends the higher one, an id both.
struct StickyNumber: Hashable, Comparable {
    /// 1 to 16383, so that it fits above a slot's 16 bits and below the two that tell what a number is.
    let rawValue: UInt32

    /// How many there can be at once.
    static let limit: UInt32 = 0x3fff

    /// nil for a number that Fairway does not give.
    init?(rawValue: UInt32) {
        guard (1...Self.limit).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// The one behind a number, and behind the last the first.
    init(following value: UInt32) { rawValue = value % Self.limit + 1 }

    /// What all of its slots have in common.
    var slotBits: UInt32 { rawValue << 16 }

    /// The port and the side that a slot is of, and its place there; nil for a number that is none's.
    static func parse(slot value: UInt32) -> (number: StickyNumber, side: StickySide, place: Int)? {
        StickyNumber(rawValue: value >> 16).map { number in
            let place = Int(value & 0xffff)
            return place < StickySide.limit ? (number, .all, place) : (number, .local, place - StickySide.limit)
        }
    }

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

    /// How many backends of a side there can be; further ones are not chosen.
    static let limit = 0x8000

    /// The bits of a slot's number that its port's first one of the same side has too.
    static let firstSlots: UInt32 = StickyNumber.limit << 16 | UInt32(limit)

    /// Where its backends begin among a port's slots.
    var firstSlot: UInt32 { self == .all ? 0 : UInt32(Self.limit) }

    /// The number of one of its slots.
    func slot(_ place: Int, of number: StickyNumber) -> UInt32 { number.slotBits | firstSlot | UInt32(place) }

    /// id -> backend.
    var endpoints: String { self == .all ? TableLayout.stickyEndpoints : TableLayout.stickyLocalEndpoints }

    /// The chain that translates to the backend whose id is in the priority, and comes back where there is none.
    var server: String { self == .all ? "serve" : "serve-local" }

    /// The key of `sticky-counts` that tells how many backends a port has.
    ///
    /// Should it stand in a slot's stead, the port's bits and `firstSlots` make the side's first slot of it.
    func countKey(_ number: StickyNumber) -> UInt32 { Self.countKeys | firstSlot | number.rawValue }

    /// The port and the side that a key of `sticky-counts` is of; nil for another key.
    static func parse(countKey key: UInt32) -> (number: StickyNumber, side: StickySide)? {
        guard key & ~0xffff == countKeys else { return nil }
        return StickyNumber(rawValue: key & 0x7fff).map { ($0, key & UInt32(limit) == 0 ? .all : .local) }
    }

    private static let countKeys: UInt32 = 0x8000_0000
}
