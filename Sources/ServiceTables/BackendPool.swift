import Frontends

/// The backends of a pool in their slots, with what the kernel has in those that changed since the last commit.
///
/// Slots have no holes: a backend is added at the end, and where one leaves, the last takes its slot.
struct BackendPool {
    private(set) var slots: [Backend]
    /// The frontends that use it.
    var frontends: [Frontend] = []
    /// The ports with affinity that use it: one, or none.
    var stickyPorts: [StickyNumber] = []
    /// What the kernel has in each slot that changed since the last commit; nil for nothing.
    private(set) var changed: [Int: Backend?] = [:]
    private(set) var committedCount = 0
    /// It is among the pools that changed since the last commit.
    private var isNoted = false
    /// Where each backend is; kept for pools in which a search would take long.
    private var index: [Backend: Int]?
    /// Backends found in the kernel that no readable object claims (yet).
    private var held: Set<Backend> = []

    private static let searchLimit = 64

    init(_ backends: [Backend]) {
        slots = backends
        rebuildIndex()
    }

    var count: Int { slots.count }

    /// The same backends, of which the kernel has nothing, and no frontends yet.
    var asNew: BackendPool {
        var copy = BackendPool(slots)
        copy.held = held
        return copy
    }

    /// True until the pool's first commit: the kernel has nothing of it.
    private(set) var isNew = true

    var hasHeldBackends: Bool { !held.isEmpty }

    /// The backend that the kernel has in a slot, for the frontends that the kernel has with this pool.
    func committed(_ slot: Int) -> Backend? {
        if let original = changed[slot] { return original }
        return slot < committedCount ? slots[slot] : nil
    }

    /// The backend that a slot should have.
    func backend(_ slot: Int) -> Backend? { slot < slots.count ? slots[slot] : nil }

    func contains(_ backend: Backend) -> Bool { position(of: backend) != nil }

    mutating func add(_ backend: Backend) {
        if !held.isEmpty, held.remove(backend) != nil { return }
        append(backend)
    }

    mutating func remove(_ backend: Backend) {
        if !held.isEmpty { held.remove(backend) }
        guard let slot = position(of: backend) else { return }
        let end = slots.count - 1
        note(end)
        let last = slots.removeLast()
        index?[backend] = nil
        guard slot != end else { return }
        note(slot)
        slots[slot] = last
        index?[last] = slot
    }

    /// Keeps a backend although no object has named it yet.
    mutating func hold(_ backend: Backend) {
        guard !contains(backend) else { return }
        append(backend)
        held.insert(backend)
    }

    /// Lets go of the backends that no object has named in the meantime.
    mutating func releaseHeld() {
        for backend in held.sorted() { remove(backend) }
    }

    /// Puts a new pool's backends into the slots that the kernel has them in, as far as it does.
    mutating func align(with kernel: [Backend]) {
        var waiting = Set(slots)
        var placed: [Backend?] = Array(repeating: nil, count: slots.count)
        for (slot, backend) in kernel.prefix(slots.count).enumerated() where waiting.remove(backend) != nil {
            placed[slot] = backend
        }
        var rest = slots.filter { waiting.contains($0) }[...]
        slots = placed.compactMap { $0 ?? rest.popFirst() }
        rebuildIndex()
    }

    /// Hands over the slots in which the kernel has another backend than it should have: the number, what it has and what
    /// it should have.
    ///
    /// - Parameters:
    ///   - old: the pool whose slots the kernel has; nil for none.
    ///   - new: the pool whose slots it should have; nil for none.
    ///   - isSame: both are one pool.
    static func forEachChange(
        from old: BackendPool?, to new: BackendPool?, isSame: Bool, _ body: (Int, Backend?, Backend?) -> Void
    ) {
        if isSame, let new, !new.isNew {
            for slot in new.changed.keys {
                let (before, after) = (new.committed(slot), new.backend(slot))
                if before != after { body(slot, before, after) }
            }
            return
        }
        for slot in 0..<max(old?.committedCount ?? 0, new?.count ?? 0) {
            let (before, after) = (old?.committed(slot), new?.backend(slot))
            if before != after { body(slot, before, after) }
        }
    }

    /// Takes note that it changed.
    ///
    /// - Returns: false where that is known already.
    mutating func note() -> Bool {
        defer { isNoted = true }
        return !isNoted
    }

    /// Says that the kernel has the slots as they are now.
    mutating func markCommitted() {
        // Most pools change again and again, by a slot or two.
        changed.removeAll(keepingCapacity: changed.count < 8)
        committedCount = slots.count
        isNew = false
        isNoted = false
    }

    private mutating func append(_ backend: Backend) {
        note(slots.count)
        index?[backend] = slots.count
        slots.append(backend)
        if index == nil, slots.count > Self.searchLimit { rebuildIndex() }
    }

    /// Remembers what the kernel has in a slot before it changes for the first time.
    private mutating func note(_ slot: Int) {
        guard !isNew, !changed.keys.contains(slot) else { return }
        changed.updateValue(slot < committedCount ? slots[slot] : nil, forKey: slot)
    }

    private func position(of backend: Backend) -> Int? {
        if let index { return index[backend] }
        return slots.firstIndex(of: backend)
    }

    private mutating func rebuildIndex() {
        guard slots.count > Self.searchLimit else {
            index = nil
            return
        }
        index = Dictionary(slots.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
