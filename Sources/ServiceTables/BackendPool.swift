import Frontends

/// The backends of a pool in their slots, beside those that the kernel has.
///
/// Slots have no holes: a backend is added at the end, and where one leaves, the last takes its slot.
struct BackendPool {
    private(set) var slots: [Backend]
    /// A frontend that uses it: for all of its clients, or for outsiders.
    struct Use {
        let frontend: Frontend
        let isForOutsiders: Bool
    }

    var uses: [Use] = []
    /// The ports with affinity that use it: one, or none.
    var stickyPorts: [StickyNumber] = []
    /// As the kernel has them: one array in memory with `slots` until those change.
    private(set) var committed: [Backend] = []
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

    /// The same backends, of which the kernel has nothing, and no uses yet.
    var asNew: BackendPool {
        var copy = BackendPool(slots)
        copy.held = held
        return copy
    }

    /// True until the pool's first commit: the kernel has nothing of it.
    private(set) var isNew = true

    var hasHeldBackends: Bool { !held.isEmpty }

    func contains(_ backend: Backend) -> Bool { position(of: backend) != nil }

    mutating func add(_ backend: Backend) {
        if !held.isEmpty, held.remove(backend) != nil { return }
        append(backend)
    }

    mutating func remove(_ backend: Backend) {
        if !held.isEmpty { held.remove(backend) }
        guard let slot = position(of: backend) else { return }
        let last = slots.removeLast()
        index?[backend] = nil
        guard slot != slots.count else { return }
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
    static func forEachChange(
        from old: BackendPool?, to new: BackendPool?, _ body: (Int, Backend?, Backend?) -> Void
    ) {
        forEachChange(from: old?.committed ?? [], to: new?.slots ?? [], body)
    }

    /// The same for a pool that takes the place of itself.
    func forEachChange(_ body: (Int, Backend?, Backend?) -> Void) {
        Self.forEachChange(from: committed, to: slots, body)
    }

    private static func forEachChange(
        from old: [Backend], to new: [Backend], _ body: (Int, Backend?, Backend?) -> Void
    ) {
        let common = min(old.count, new.count)
        for slot in 0..<common where old[slot] != new[slot] { body(slot, old[slot], new[slot]) }
        for slot in common..<old.count { body(slot, old[slot], nil) }
        for slot in common..<new.count { body(slot, nil, new[slot]) }
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
        committed = slots
        isNew = false
        isNoted = false
    }

    private mutating func append(_ backend: Backend) {
        index?[backend] = slots.count
        slots.append(backend)
        if index == nil, slots.count > Self.searchLimit { rebuildIndex() }
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
