import Frontends
import NFTables

/// What a dumped table says about a Service's port with affinity.
struct StickyState {
    let seconds: UInt32
    /// By side.
    var slots: [StickySide: [Backend]] = [:]
    var ids: [Backend: StickyPort.Entry] = [:]
    var choices: [StickySide: Shape] = [:]
}

extension KernelTable {
    /// Reads the ports that frontends lead to; a frontend whose port is not whole gets a comment of nobody's, so that its
    /// element is replaced.
    mutating func readAffinity(_ snapshot: TableSnapshot, _ layout: TableLayout) {
        let numbers = layout.stickyNumbers(in: snapshot)
        var wanted: Set<StickyNumber> = []
        for (frontend, state) in frontends {
            guard let number = state.sticky else { continue }
            if numbers[number] != nil {
                wanted.insert(number)
            } else {
                frontends[frontend]?.shape = .refuse
                frontends[frontend]?.checked = nil
                frontends[frontend]?.comment = Self.foreignComment
            }
        }
        let backends = StickySide.allCases.map { readIDs(snapshot, $0, layout) }
        var used = StickySide.allCases.map { _ in Set<UInt32>() }
        var owners: [UInt32: (number: StickyNumber, backend: Backend)] = [:]
        let slotsByNumber = readSlots(snapshot, numbers)
        for (number, seconds) in numbers.sorted(by: { $0.key < $1.key }) {
            readRemembered(snapshot, number)
            var state = StickyState(seconds: seconds)
            for side in StickySide.allCases {
                let slots = slotsByNumber[number, default: []].filter { $0.side == side }
                var isIntact = wanted.contains(number)
                for (position, slot) in slots.enumerated() {
                    let backend = backends[side.rawValue][slot.id]
                    let owner = owners[slot.id]
                    // One id is one backend's of one port, and the other way round.
                    let isAlone =
                        owner.map { $0.number == number && $0.backend == backend }
                        ?? (backend.flatMap { state.ids[$0] } == nil)
                    isIntact =
                        isIntact && slot.place == position && isAlone && slot.id >= StickyIDs.first
                    guard isIntact, let backend, used[side.rawValue].insert(slot.id).inserted else {
                        isIntact = false
                        strays.deleteSlot(side.slot(slot.place, of: number))
                        continue
                    }
                    owners[slot.id] = (number, backend)
                    state.slots[side, default: []].append(backend)
                    state.ids[backend, default: StickyPort.Entry(id: slot.id, sides: [])].sides.insert(side)
                }
            }
            if wanted.contains(number) { sticky[number] = state }
        }
        for side in StickySide.allCases {
            for id in backends[side.rawValue].keys.sorted() where !used[side.rawValue].contains(id) {
                strays.deleteID(id, of: side)
            }
        }
        readChoices(snapshot)
        for (frontend, state) in frontends {
            guard let number = state.sticky, let port = sticky[number] else { continue }
            frontends[frontend]?.slots = port.slots[state.inner.stickySide] ?? []
            if state.inner.kind == .stickyExternal { frontends[frontend]?.localSlots = port.slots[.local] ?? [] }
        }
    }

    private mutating func readIDs(
        _ snapshot: TableSnapshot, _ side: StickySide, _ layout: TableLayout
    ) -> [UInt32: Backend] {
        guard let elements = snapshot.sets[side.endpoints]?.elements else { return [:] }
        var backends: [UInt32: Backend] = [:]
        for index in 0..<elements.count {
            guard let id = elements.key(index).first else { continue }
            backends[id] = Backend(data: elements.data(index), layout.family)
        }
        return backends
    }

    private mutating func readRemembered(_ snapshot: TableSnapshot, _ number: StickyNumber) {
        guard let elements = snapshot.sets[TableLayout.clients(number)]?.elements else { return }
        for index in 0..<elements.count { rememberedIDs.formUnion(elements.data(index)) }
    }

    private struct Slot {
        let side: StickySide
        let place: Int
        let id: UInt32
    }

    /// The slots of ports whose map is there, each port's in order.
    private mutating func readSlots(
        _ snapshot: TableSnapshot, _ known: [StickyNumber: UInt32]
    ) -> [StickyNumber: [Slot]] {
        guard let elements = snapshot.sets[TableLayout.stickySlots]?.elements else { return [:] }
        var slots: [StickyNumber: [Slot]] = [:]
        for index in 0..<elements.count {
            let key = elements.key(index)
            guard let slot = key.first.flatMap({ StickyNumber.parse(slot: $0) }), known[slot.number] != nil,
                let id = elements.data(index).first
            else {
                strays.deleteKey(key, from: TableLayout.stickySlots)
                continue
            }
            slots[slot.number, default: []].append(Slot(side: slot.side, place: slot.place, id: id))
        }
        return slots.mapValues { $0.sorted { $0.place < $1.place } }
    }

    private mutating func readChoices(_ snapshot: TableSnapshot) {
        guard let elements = snapshot.sets[TableLayout.stickyCounts]?.elements else { return }
        for index in 0..<elements.count {
            let key = elements.key(index)
            guard let (number, side) = key.first.flatMap({ StickySide.parse(countKey: $0) }), sticky[number] != nil,
                let choice = elements.data(index).first.flatMap({ Shape(classID: $0) }), choice.isChoice
            else {
                strays.deleteKey(key, from: TableLayout.stickyCounts)
                continue
            }
            sticky[number]?.choices[side] = choice
        }
    }
}
