import Frontends

/// A Service's port with affinity, as it should be and as the kernel has it.
///
/// A client's choice is kept as the *id* of a backend, which is given once and ends with the backend: whoever chose it
/// chooses again.
struct StickyPort {
    /// What it means for one of its two kinds of clients.
    struct Side {
        /// The frontends that should choose from it.
        var users = 0
        var desired: PoolID?
        /// The pool that the kernel's slots are of.
        var kernel: PoolID?
        /// How the kernel chooses among them.
        var choice: Shape?
    }

    /// A backend's id, and where the kernel has it.
    struct Entry {
        let id: UInt32
        var sides: Set<StickySide>
    }

    /// That of its frontends; of what was found in the kernel, one with a negative number.
    var affinity: Affinity
    var users = 0
    /// It uses its maps.
    var hasMaps = false
    private var sides: [Side] = StickySide.allCases.map { _ in Side() }
    var entries: [Backend: Entry] = [:]
    /// The ids that backends had in a table that is made again; they get them again with the next transaction or never.
    var reserved: [Backend: UInt32] = [:]

    init(_ affinity: Affinity) { self.affinity = affinity }

    subscript(side: StickySide) -> Side {
        get { sides[side.rawValue] }
        set { sides[side.rawValue] = newValue }
    }

    /// The pools that it should choose from.
    var pools: [PoolID] { sides.compactMap(\.desired) }

    /// The kernel has nothing of it.
    var isNew: Bool { !isFound && !hasMaps && sides.allSatisfy { $0.kernel == nil } }

    /// Becomes another port as it should be, beside what the kernel has of this one.
    mutating func take(over other: StickyPort) {
        affinity = other.affinity
        users += other.users
        for index in sides.indices {
            sides[index].users += other.sides[index].users
            sides[index].desired = other.sides[index].desired ?? sides[index].desired
        }
    }

    /// Made of what the kernel had, and not claimed since.
    var isFound: Bool { affinity.number < 0 }
}

/// Gives ids to backends, none a second time while a client may still have it.
struct StickyIDs {
    /// Below are other numbers that travel in the same place.
    static let first: UInt32 = 0xc000_0000

    private var next = first
    private var used: Set<UInt32> = []

    mutating func take() -> UInt32 {
        // It takes a thousand million backends to come round.
        while used.contains(next) { advance() }
        defer { advance() }
        used.insert(next)
        return next
    }

    mutating func giveBack(_ id: UInt32) { used.remove(id) }

    private mutating func advance() { next = next == .max ? Self.first : next + 1 }

    /// Takes over what a table has.
    ///
    /// - Parameters:
    ///   - ids: of backends.
    ///   - remembered: what clients have, of backends that are gone too.
    mutating func adopt(_ ids: Set<UInt32>, remembered: Set<UInt32>) {
        used.formUnion(ids)
        let known = ids.union(remembered).filter { $0 >= Self.first }.sorted()
        guard let lowest = known.first, let highest = known.last else { return }
        // Behind the last one given: behind the highest, unless they have come round.
        var (last, gap) = (highest, UInt64(UInt32.max - highest) + UInt64(lowest - Self.first))
        for (a, b) in zip(known, known.dropFirst()) where UInt64(b - a) > gap { (last, gap) = (a, UInt64(b - a)) }
        next = last
        advance()
    }

    /// Goes on behind another's last one.
    mutating func goOn(from other: StickyIDs) { next = other.next }

    /// An id is a backend's.
    mutating func reserve(_ id: UInt32) { used.insert(id) }
}
