import Frontends
import NFTables
import NetworkTypes

/// The elements that one transaction deletes and adds, by set.
///
/// Nearly always that is one set of many, so a set takes part from when it has an element.
struct ElementDelta {
    /// The sets, what is chosen from before what leads there.
    private enum Part: Int, CaseIterable {
        case endpoints, nodePortEndpoints, stickyEndpoints, stickyLocalEndpoints, stickySlots, stickyCounts
        case counted, countedNodePorts, hairpin, sources, clusterIPs, localServices, localNodePorts, checkedServices,
            services
        case nodePorts, serviceNetworks, nodeAddresses, localSources, endpointAddresses

        var set: String {
            switch self {
            case .endpoints: TableLayout.endpoints
            case .nodePortEndpoints: TableLayout.nodePortEndpoints
            case .stickyEndpoints: TableLayout.stickyEndpoints
            case .stickyLocalEndpoints: TableLayout.stickyLocalEndpoints
            case .stickySlots: TableLayout.stickySlots
            case .stickyCounts: TableLayout.stickyCounts
            case .counted: TableLayout.counted
            case .countedNodePorts: TableLayout.countedNodePorts
            case .hairpin: TableLayout.hairpin
            case .sources: TableLayout.sources
            case .clusterIPs: TableLayout.clusterIPs
            case .endpointAddresses: TableLayout.endpointAddresses
            case .localServices: TableLayout.localServices
            case .localNodePorts: TableLayout.localNodePorts
            case .checkedServices: TableLayout.checkedServices
            case .services: TableLayout.services
            case .nodePorts: TableLayout.nodePorts
            case .serviceNetworks: TableLayout.serviceNetworks
            case .nodeAddresses: TableLayout.nodeAddresses
            case .localSources: TableLayout.localSources
            }
        }
    }

    /// The elements of one set.
    private struct Change {
        let part: Part
        var deleted: Elements
        var added: Elements

        init(_ part: Part, _ declaration: SetDeclaration) {
            self.part = part
            deleted = Elements(keyWords: declaration.keyWords, dataWords: 0, form: declaration.keyForm)
            added = Elements(of: declaration)
        }
    }

    private let family: IPFamily
    /// Without elements, in the order of parts.
    private let prototypes: [Change]
    private var changes: [Change] = []

    init(_ layout: TableLayout) {
        family = layout.family
        prototypes = Part.allCases.map { Change($0, layout.declaration(of: $0.set)) }
    }

    private mutating func change(_ part: Part, _ body: (inout Change) -> Void) {
        for index in changes.indices where changes[index].part == part { return body(&changes[index]) }
        changes.append(prototypes[part.rawValue])
        body(&changes[changes.count - 1])
    }

    /// A frontend's set, or its twin for node ports, which have shorter keys.
    private mutating func change(
        _ frontend: Frontend, _ address: Part, _ nodePort: Part, _ body: (inout Change) -> Void
    ) {
        change(frontend.isNodePort ? nodePort : address, body)
    }

    // MARK: frontends

    mutating func deleteFrontend(_ frontend: Frontend) {
        change(frontend, .services, .nodePorts) { $0.deleted.append(key: frontend) }
    }

    mutating func addFrontend(_ frontend: Frontend, _ shape: Shape, comment: String) {
        change(frontend, .services, .nodePorts) {
            $0.added.append(key: frontend)
            $0.added.words.append(shape.classID)
            $0.added.comments.append(comment)
        }
    }

    /// Changes the shape that a frontend has for those who may connect; nil for none.
    mutating func changeChecked(_ frontend: Frontend, from old: Shape?, to new: Shape?) {
        if old == new { return }
        change(.checkedServices) { Self.replace(&$0, frontend, old, new) }
    }

    /// Changes the shape that a frontend has for outsiders; nil for none.
    mutating func changeLocal(_ frontend: Frontend, from old: Shape?, to new: Shape?) {
        if old == new { return }
        change(frontend, .localServices, .localNodePorts) { Self.replace(&$0, frontend, old, new) }
    }

    private static func replace(_ change: inout Change, _ frontend: Frontend, _ old: Shape?, _ new: Shape?) {
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
        change(.sources) { change in
            for range in old where !new.contains(range) { append(range, to: &change.deleted) }
            for range in new where !old.contains(range) { append(range, to: &change.added) }
        }
    }

    mutating func deleteCounter(_ frontend: Frontend) {
        change(frontend, .counted, .countedNodePorts) { $0.deleted.append(key: frontend) }
    }

    mutating func addCounter(_ frontend: Frontend) {
        change(frontend, .counted, .countedNodePorts) { $0.added.append(key: frontend) }
    }

    mutating func deleteBackend(_ frontend: Frontend, slot: Int) {
        change(frontend, .endpoints, .nodePortEndpoints) {
            $0.deleted.append(key: frontend)
            $0.deleted.words.append(UInt32(slot))
        }
    }

    mutating func addBackend(_ frontend: Frontend, slot: Int, _ backend: Backend) {
        change(frontend, .endpoints, .nodePortEndpoints) {
            $0.added.append(key: frontend)
            $0.added.words.append(UInt32(slot))
            $0.added.append(backend)
        }
    }

    // MARK: ports with affinity

    mutating func deleteSlot(_ slot: UInt32) { change(.stickySlots) { $0.deleted.words.append(slot) } }

    mutating func addSlot(_ slot: UInt32, id: UInt32) { change(.stickySlots) { $0.added.words += [slot, id] } }

    mutating func deleteID(_ id: UInt32, of side: StickySide) {
        change(side == .all ? .stickyEndpoints : .stickyLocalEndpoints) { $0.deleted.words.append(id) }
    }

    mutating func addID(_ id: UInt32, of side: StickySide, _ backend: Backend) {
        change(side == .all ? .stickyEndpoints : .stickyLocalEndpoints) {
            $0.added.words.append(id)
            $0.added.append(backend)
        }
    }

    /// Changes how one of a port's backends is chosen; nil for none.
    mutating func changeChoice(of number: StickyNumber, _ side: StickySide, from old: Shape?, to new: Shape?) {
        if old == new { return }
        change(.stickyCounts) { change in
            if old != nil { change.deleted.words.append(side.countKey(number)) }
            if let new { change.added.words += [side.countKey(number), new.classID] }
        }
    }

    // MARK: addresses

    mutating func deleteHairpin(_ address: UInt128) {
        delete(address, from: .hairpin)
        delete(address, from: .hairpin)
    }

    mutating func addHairpin(_ address: UInt128) {
        add(address, to: .hairpin)
        add(address, to: .hairpin)
    }

    mutating func deleteClusterIP(_ address: UInt128) { delete(address, from: .clusterIPs) }

    mutating func addClusterIP(_ address: UInt128) { add(address, to: .clusterIPs) }

    mutating func deleteEndpointAddress(_ address: UInt128) { delete(address, from: .endpointAddresses) }

    mutating func addEndpointAddress(_ address: UInt128) { add(address, to: .endpointAddresses) }

    private mutating func delete(_ address: UInt128, from part: Part) {
        let family = family
        change(part) { $0.deleted.words.append(address: address, family) }
    }

    private mutating func add(_ address: UInt128, to part: Part) {
        let family = family
        change(part) { $0.added.words.append(address: address, family) }
    }

    mutating func changeRanges(of set: String, from old: [AddressRange], to new: [AddressRange]) {
        guard let part = Part.allCases.first(where: { $0.set == set }) else { return }
        let family = family
        change(part) { change in
            for range in old where !new.contains(range) { change.deleted.append(range, family) }
            for range in new where !old.contains(range) { change.added.append(range, family) }
        }
    }

    // MARK: the whole

    /// Deletes what nobody of ours has made.
    ///
    /// - Parameter last: a range's last key.
    mutating func deleteKey(_ key: ArraySlice<UInt32>, through last: ArraySlice<UInt32>? = nil, from set: String) {
        guard let part = Part.allCases.first(where: { $0.set == set }) else { return }
        change(part) { change in
            change.deleted.words += key
            if let last, change.deleted.form != .value { change.deleted.words += last }
        }
    }

    var isEmpty: Bool { changes.isEmpty }

    /// Appends the operations: a key may be deleted and added again, so deletions come first; backends come before the
    /// frontends that choose from them.
    func append(to transaction: inout Transaction, in table: TableID) {
        let changes = changes.count < 2 ? changes : changes.sorted { $0.part.rawValue < $1.part.rawValue }
        transaction.operations.reserveCapacity(transaction.operations.count + 2 * changes.count)
        for index in changes.indices {
            transaction.delete(changes[index].deleted, from: changes[index].part.set, in: table)
        }
        for index in changes.indices {
            transaction.add(changes[index].added, to: changes[index].part.set, in: table)
        }
    }
}
