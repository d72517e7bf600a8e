import Frontends
import NFTables
import NetworkTypes

/// The elements that one transaction deletes and adds, by set.
struct ElementDelta {
    /// The elements of one set; those of node ports have shorter keys and a set of their own.
    struct Change {
        let set: String
        var deleted: Elements
        var added: Elements

        init(_ layout: TableLayout, _ name: String) {
            let declaration = layout.declaration(of: name)
            set = name
            deleted = Elements(keyWords: declaration.keyWords, dataWords: 0, form: declaration.keyForm)
            added = Elements(of: declaration)
        }
    }

    /// The changes of a set and of its twin for node ports.
    private struct Pair {
        var address: Change
        var nodePort: Change

        init(_ layout: TableLayout, _ address: String, _ nodePort: String) {
            self.address = Change(layout, address)
            self.nodePort = Change(layout, nodePort)
        }

        mutating func change(_ frontend: Frontend, _ body: (inout Change) -> Void) {
            switch frontend.destination {
            case .address: body(&address)
            case .nodePort: body(&nodePort)
            }
        }
    }

    private let family: IPFamily
    private var frontends: Pair
    private var locals: Pair
    private var checked: Change
    private var backends: Pair
    private var counters: Pair
    private var hairpin: Change
    private var sources: Change
    private var clusterIPs: Change
    /// The small sets of ranges of addresses.
    private var ranges: [Change]

    init(_ layout: TableLayout) {
        family = layout.family
        frontends = Pair(layout, TableLayout.services, TableLayout.nodePorts)
        locals = Pair(layout, TableLayout.localServices, TableLayout.localNodePorts)
        checked = Change(layout, TableLayout.checkedServices)
        backends = Pair(layout, TableLayout.endpoints, TableLayout.nodePortEndpoints)
        counters = Pair(layout, TableLayout.counted, TableLayout.countedNodePorts)
        hairpin = Change(layout, TableLayout.hairpin)
        sources = Change(layout, TableLayout.sources)
        clusterIPs = Change(layout, TableLayout.clusterIPs)
        ranges = RangeSet.names.map { Change(layout, $0) }
    }

    // MARK: frontends

    mutating func deleteFrontend(_ frontend: Frontend) {
        frontends.change(frontend) { $0.deleted.append(key: frontend) }
    }

    mutating func addFrontend(_ frontend: Frontend, _ shape: Shape, comment: String) {
        frontends.change(frontend) {
            $0.added.append(key: frontend)
            $0.added.words.append(shape.classID)
            $0.added.comments.append(comment)
        }
    }

    /// Changes the shape that a frontend has for those who may connect; nil for none.
    mutating func changeChecked(_ frontend: Frontend, from old: Shape?, to new: Shape?) {
        Self.change(&checked, frontend, from: old, to: new)
    }

    /// Changes the shape that a frontend has for outsiders; nil for none.
    mutating func changeLocal(_ frontend: Frontend, from old: Shape?, to new: Shape?) {
        locals.change(frontend) { Self.change(&$0, frontend, from: old, to: new) }
    }

    private static func change(_ change: inout Change, _ frontend: Frontend, from old: Shape?, to new: Shape?) {
        if old == new { return }
        if old != nil { change.deleted.append(key: frontend) }
        guard let new else { return }
        change.added.append(key: frontend)
        change.added.words.append(new.classID)
    }

    mutating func changeSources(_ frontend: Frontend, from old: [AddressRange], to new: [AddressRange]) {
        if old == new { return }
        let family = family
        func append(_ range: AddressRange, to elements: inout Elements) {
            for end in [range.first, range.last] {
                elements.append(key: frontend)
                elements.words.append(address: end, family)
            }
        }
        for range in old where !new.contains(range) { append(range, to: &sources.deleted) }
        for range in new where !old.contains(range) { append(range, to: &sources.added) }
    }

    mutating func deleteCounter(_ frontend: Frontend) {
        counters.change(frontend) { $0.deleted.append(key: frontend) }
    }

    mutating func addCounter(_ frontend: Frontend) {
        counters.change(frontend) { $0.added.append(key: frontend) }
    }

    mutating func deleteBackend(_ frontend: Frontend, slot: Int) {
        backends.change(frontend) {
            $0.deleted.append(key: frontend)
            $0.deleted.words.append(UInt32(slot))
        }
    }

    mutating func addBackend(_ frontend: Frontend, slot: Int, _ backend: Backend) {
        backends.change(frontend) {
            $0.added.append(key: frontend)
            $0.added.words.append(UInt32(slot))
            $0.added.append(backend)
        }
    }

    // MARK: addresses

    mutating func deleteHairpin(_ address: IPAddress) {
        for _ in 0..<2 { hairpin.deleted.words.append(address: address.value, family) }
    }

    mutating func addHairpin(_ address: IPAddress) {
        for _ in 0..<2 { hairpin.added.words.append(address: address.value, family) }
    }

    mutating func deleteClusterIP(_ address: IPAddress) {
        clusterIPs.deleted.words.append(address: address.value, family)
    }

    mutating func addClusterIP(_ address: IPAddress) {
        clusterIPs.added.words.append(address: address.value, family)
    }

    mutating func changeRanges(of set: String, from old: [AddressRange], to new: [AddressRange]) {
        guard let index = ranges.firstIndex(where: { $0.set == set }) else { return }
        for range in old where !new.contains(range) { ranges[index].deleted.append(range, family) }
        for range in new where !old.contains(range) { ranges[index].added.append(range, family) }
    }

    // MARK: the whole

    /// Deletes what nobody of ours has made.
    ///
    /// - Parameter last: a range's last key.
    mutating func deleteKey(_ key: ArraySlice<UInt32>, through last: ArraySlice<UInt32>? = nil, from set: String) {
        func delete(_ change: inout Change) {
            guard change.set == set else { return }
            change.deleted.words += key
            if let last, change.deleted.form != .value { change.deleted.words += last }
        }
        for pair in [\ElementDelta.frontends, \.locals, \.backends, \.counters] {
            delete(&self[keyPath: pair].address)
            delete(&self[keyPath: pair].nodePort)
        }
        for change in [\ElementDelta.checked, \.hairpin, \.sources, \.clusterIPs] { delete(&self[keyPath: change]) }
    }

    var isEmpty: Bool { all.allSatisfy { $0.deleted.isEmpty && $0.added.isEmpty } }

    /// What is chosen from comes before what leads there.
    private var all: [Change] {
        [
            backends.address, backends.nodePort, counters.address, counters.nodePort, hairpin, sources, clusterIPs,
            locals.address, locals.nodePort, checked, frontends.address, frontends.nodePort,
        ] + ranges
    }

    /// Appends the operations: a key may be deleted and added again, so deletions come first; backends come before the
    /// frontends that choose from them.
    func append(to transaction: inout Transaction, in table: TableID) {
        let all = all
        for change in all { transaction.delete(change.deleted, from: change.set, in: table) }
        for change in all { transaction.add(change.added, to: change.set, in: table) }
    }
}
