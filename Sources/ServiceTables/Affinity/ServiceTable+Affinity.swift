import Frontends
import NFTables
import NetworkTypes

extension ServiceTable {
    /// The number of a frontend's port; nil where every connection chooses anew.
    func stickyNumber(of policy: FrontendPolicy) -> StickyNumber? {
        policy.affinity.flatMap { stickyNumbers[$0] }
    }

    // MARK: frontends come and go

    /// - Parameter found: how the frontend was found in the kernel.
    mutating func joinAffinity(of frontend: Frontend, _ policy: FrontendPolicy, found: FoundFrontend?) {
        let found = found?.comment == ElementComment.fitting(policy.owner) ? found?.sticky : nil
        guard let affinity = policy.affinity, let number = number(for: affinity, found: found) else { return }
        stickyPorts[number]?.users += 1
        for pool in policy.pools {
            let side = StickySide(pool.isLocal)
            stickyPorts[number]?[side].users += 1
            stickyPorts[number]?[side].desired = pool
            if pools[pool]?.stickyPorts.contains(number) == false { pools[pool]?.stickyPorts.append(number) }
        }
        changedPorts.insert(number)
    }

    mutating func leaveAffinity(of policy: FrontendPolicy) {
        guard let number = stickyNumber(of: policy) else { return }
        stickyPorts[number]?.users -= 1
        for pool in policy.pools { stickyPorts[number]?[StickySide(pool.isLocal)].users -= 1 }
        changedPorts.insert(number)
    }

    /// The number that a port has, takes over from what was found in the kernel, or gets.
    ///
    /// - Parameter found: what the kernel has for a frontend of the port.
    /// - Returns: nil where all numbers are taken; then every connection chooses anew.
    private mutating func number(for affinity: Affinity, found: StickyNumber?) -> StickyNumber? {
        let known = stickyNumbers[affinity]
        if let found, let port = stickyPorts[found], port.isFound, port.affinity.seconds == affinity.seconds,
            known.flatMap({ stickyPorts[$0] })?.isNew ?? true
        {
            // Its first frontend may have been another Service's.
            let new = known.flatMap { stickyPorts.removeValue(forKey: $0) } ?? StickyPort(affinity)
            stickyPorts[found]?.take(over: new)
            for pool in new.pools {
                pools[pool]?.stickyPorts.removeAll { $0 == known }
                pools[pool]?.stickyPorts.append(found)
            }
            stickyNumbers[affinity] = found
            return found
        }
        if let known { return known }
        for _ in 0..<StickyNumber.limit {
            let number = StickyNumber(following: lastStickyNumber)
            lastStickyNumber = number.rawValue
            if stickyPorts[number] == nil, !stickyMaps.contains(number) {
                stickyNumbers[affinity] = number
                stickyPorts[number] = StickyPort(affinity)
                return number
            }
        }
        return nil
    }

    // MARK: adoption

    /// Takes over the ports with affinity that the kernel has; their pools are held as frontends' are.
    mutating func adoptAffinity(_ kernel: KernelTable, isGoing: Bool) {
        var ids: Set<UInt32> = []
        for (number, state) in kernel.sticky.sorted(by: { $0.key < $1.key }) {
            let affinity = Affinity.found(number, seconds: state.seconds)
            var port = StickyPort(affinity)
            for side in StickySide.allCases {
                let slots = state.slots[side] ?? []
                let pool = adopt(slots, isLocal: side == .local, isGoing: isGoing)
                pools[pool]?.stickyPorts = [number]
                port[side].desired = pool
                guard !isGoing else { continue }
                port[side].kernel = pool
                port[side].choice = state.choices[side]
                if let choice = port[side].choice { shapes.use(choice) }
                backendCount += slots.count
            }
            ids.formUnion(state.ids.values.map(\.id))
            if isGoing { port.reserved = state.ids.mapValues(\.id) } else { port.entries = state.ids }
            port.hasMaps = !isGoing
            if port.hasMaps { stickyMaps.use(number) }
            stickyPorts[number] = port
            stickyNumbers[affinity] = number
            changedPorts.insert(number)
        }
        stickyIDs.adopt(ids, remembered: isGoing ? [] : kernel.rememberedIDs)
    }

    /// Goes on with another table's numbers and ids beside what the kernel has.
    mutating func adoptAffinity(from other: ServiceTable) {
        stickyIDs.goOn(from: other.stickyIDs)
        lastStickyNumber = other.lastStickyNumber
        for (affinity, number) in other.stickyNumbers {
            guard let port = other.stickyPorts[number], port.affinity == affinity, !port.isFound else { continue }
            if let found = stickyPorts[number], found.affinity.seconds != affinity.seconds { continue }
            stickyPorts[number, default: StickyPort(affinity)].affinity = affinity
            stickyNumbers[affinity] = number
            for (backend, entry) in port.entries where stickyPorts[number]?.entries[backend] == nil {
                stickyPorts[number]?.reserved[backend] = entry.id
                stickyIDs.reserve(entry.id)
            }
            changedPorts.insert(number)
        }
    }

    // MARK: transactions

    /// Appends what leads from what the kernel has of the changed ports to what it should have.
    mutating func appendChangedPorts(_ delta: inout ElementDelta) {
        if !stickyPorts.isEmpty {
            for id in changedPools { changedPorts.formUnion(pools[id]?.stickyPorts ?? []) }
        }
        if changedPorts.isEmpty { return }
        for number in changedPorts.sorted() {
            guard var port = stickyPorts[number] else { continue }
            for side in StickySide.allCases { append(side, of: number, &port, &delta) }
            for (backend, id) in port.reserved where port.entries[backend]?.id != id { stickyIDs.giveBack(id) }
            port.reserved = [:]
            // A port without backends looks after a restart as one without affinity: it has no maps.
            let needsMaps = StickySide.allCases.contains { port[$0].choice != nil }
            if needsMaps, !port.hasMaps { stickyMaps.use(number) }
            if !needsMaps, port.hasMaps { stickyMaps.release(number) }
            port.hasMaps = needsMaps
            stickyPorts[number] = port.users > 0 ? port : nil
            if port.users > 0 { continue }
            for affinity in [port.affinity, .found(number, seconds: port.affinity.seconds)]
            where stickyNumbers[affinity] == number { stickyNumbers[affinity] = nil }
        }
        changedPorts = []
    }

    private mutating func append(
        _ side: StickySide, of number: StickyNumber, _ port: inout StickyPort, _ delta: inout ElementDelta
    ) {
        let (old, new) = (port[side].kernel, port[side].users > 0 ? port[side].desired : nil)
        let newPool = new.flatMap { pools[$0] }
        var changes: [(slot: Int, old: Backend?, new: Backend?)] = []
        BackendPool.forEachChange(from: old.flatMap { pools[$0] }, to: newPool) {
            changes.append(($0, $1, $2))
        }
        var gone = Set(changes.compactMap(\.old))
        for backend in changes.compactMap(\.new) where gone.remove(backend) == nil {
            let id = port.entries[backend]?.id ?? port.reserved[backend] ?? stickyIDs.take()
            port.entries[backend, default: StickyPort.Entry(id: id, sides: [])].sides.insert(side)
            delta.addID(id, of: side, backend)
        }
        for change in changes {
            if change.slot < StickySide.limit {
                let slot = side.slot(change.slot, of: number)
                if change.old != nil { delta.deleteSlot(slot) }
                if let id = change.new.flatMap({ port.entries[$0]?.id }) { delta.addSlot(slot, id: id) }
            }
            backendCount += (change.new == nil ? 0 : 1) - (change.old == nil ? 0 : 1)
        }
        for backend in gone {
            guard var entry = port.entries[backend] else { continue }
            delta.deleteID(entry.id, of: side)
            entry.sides.remove(side)
            port.entries[backend] = entry.sides.isEmpty ? nil : entry
            if entry.sides.isEmpty { stickyIDs.giveBack(entry.id) }
        }
        let count = newPool?.count ?? 0
        let choice = count == 0 ? nil : Shape(choosing: side, among: count)
        if choice != port[side].choice {
            delta.changeChoice(of: number, side, from: port[side].choice, to: choice)
            if let choice { shapes.use(choice) }
            if let old = port[side].choice { shapes.release(old) }
        }
        port[side].kernel = new
        port[side].choice = choice
    }
}

extension Affinity {
    /// That of a port that was found in the kernel and is no Service's yet.
    fileprivate static func found(_ number: StickyNumber, seconds: UInt32) -> Affinity {
        Affinity(number: -Int(number.rawValue), seconds: seconds)
    }
}
