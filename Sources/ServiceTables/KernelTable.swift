import Frontends
import NFTables
import NetworkTypes

/// What a dumped table says about frontends and backends.
///
/// Elements that don't fit together (a slot behind a gap, backends of no frontend) are strays, to be deleted.
struct KernelTable {
    struct FrontendState {
        var shape: Shape
        /// The shape of those who may connect, where that is looked at.
        var checked: Shape?
        /// The shape of outsiders.
        var local: Shape?
        var comment: String
        var slots: [Backend] = []
        var localSlots: [Backend] = []
        var sources: [AddressRange] = []

        /// The number of its port where the kernel has it served with affinity.
        var sticky: StickyNumber? { inner.sticky }

        /// The shape behind the look at sources.
        var inner: Shape { checked ?? shape }
    }

    var frontends: [Frontend: FrontendState] = [:]
    /// Ports with affinity that frontends lead to.
    var sticky: [StickyNumber: StickyState] = [:]
    /// The ids of all backends that clients remember.
    var rememberedIDs: Set<UInt32> = []
    var counted: Set<Frontend> = []
    var hairpin: [UInt128] = []
    var clusterIPs: [UInt128] = []
    var endpointAddresses: [UInt128] = []
    /// The small sets of ranges, by name.
    var ranges: [String: [AddressRange]] = [:]
    var strays: ElementDelta

    static let foreignComment = "\0"

    /// An empty table.
    init(_ layout: TableLayout) { strays = ElementDelta(layout) }

    init(_ snapshot: TableSnapshot, _ layout: TableLayout) {
        self.init(layout)
        let family = layout.family
        readFrontends(snapshot, TableLayout.services, family, isNodePort: false)
        readFrontends(snapshot, TableLayout.nodePorts, family, isNodePort: true)
        readShapes(snapshot, TableLayout.checkedServices, family, into: \.checked) { $0.shape == .check }
        readShapes(snapshot, TableLayout.localServices, family, into: \.local) { $0.inner.hasLocal }
        readShapes(snapshot, TableLayout.localNodePorts, family, isNodePort: true, into: \.local) { $0.inner.hasLocal }
        readSources(snapshot, family)
        readBackends(snapshot, TableLayout.endpoints, family, isNodePort: false)
        readBackends(snapshot, TableLayout.nodePortEndpoints, family, isNodePort: true)
        readAffinity(snapshot, layout)
        readCounters(snapshot, TableLayout.counted, family, isNodePort: false)
        readCounters(snapshot, TableLayout.countedNodePorts, family, isNodePort: true)
        readAddresses(snapshot)
        for name in RangeSet.names {
            guard let elements = snapshot.sets[name]?.elements else { continue }
            ranges[name] = (0..<elements.count).map { elements.range($0) }.sorted { $0.first < $1.first }
        }
    }

    private mutating func readFrontends(
        _ snapshot: TableSnapshot, _ set: String, _ family: IPFamily, isNodePort: Bool
    ) {
        guard let elements = snapshot.sets[set]?.elements else { return }
        frontends.reserveCapacity(frontends.count + elements.count)
        for index in 0..<elements.count {
            guard let frontend = Frontend(key: elements.key(index), family, isNodePort: isNodePort) else {
                strays.deleteKey(elements.key(index), from: set)
                continue
            }
            let shape = elements.data(index).first.flatMap { Shape(classID: $0) }
            // A class id of nobody's gets a comment of nobody's, so that the element is replaced.
            let comment = shape == nil ? Self.foreignComment : elements.comment(index) ?? ""
            frontends[frontend] = FrontendState(shape: shape ?? .refuse, comment: comment)
        }
    }

    /// Reads the shapes that a second lookup tells, of those frontends that lead there.
    private mutating func readShapes(
        _ snapshot: TableSnapshot, _ set: String, _ family: IPFamily, isNodePort: Bool = false,
        into place: WritableKeyPath<FrontendState, Shape?>, of isLeading: (FrontendState) -> Bool
    ) {
        guard let elements = snapshot.sets[set]?.elements else { return }
        for index in 0..<elements.count {
            let frontend = Frontend(key: elements.key(index), family, isNodePort: isNodePort)
            guard let frontend, let state = frontends[frontend], isLeading(state),
                let shape = elements.data(index).first.flatMap({ Shape(classID: $0) }), shape != .check
            else {
                strays.deleteKey(elements.key(index), from: set)
                continue
            }
            frontends[frontend]?[keyPath: place] = shape
        }
    }

    private mutating func readSources(_ snapshot: TableSnapshot, _ family: IPFamily) {
        let set = TableLayout.sources
        let addressWords = family.addressBytes / 4
        guard let elements = snapshot.sets[set]?.elements else { return }
        for index in 0..<elements.count {
            let (first, last) = (elements.key(index), elements.lastKey(index))
            let frontend = Frontend(key: first, family, isNodePort: false)
            guard let frontend, frontends[frontend]?.shape == .check,
                first.dropLast(addressWords).elementsEqual(last.dropLast(addressWords))
            else {
                strays.deleteKey(first, through: last, from: set)
                continue
            }
            let range = AddressRange(first.suffix(addressWords).addressValue, last.suffix(addressWords).addressValue)
            frontends[frontend]?.sources.append(range)
        }
        for (frontend, state) in frontends where state.sources.count > 1 {
            frontends[frontend]?.sources = state.sources.sorted { $0.first < $1.first }
        }
    }

    private mutating func readBackends(
        _ snapshot: TableSnapshot, _ set: String, _ family: IPFamily, isNodePort: Bool
    ) {
        guard let elements = snapshot.sets[set]?.elements else { return }
        var found: [Frontend: [(slot: Int, backend: Backend)]] = [:]
        for index in 0..<elements.count {
            guard let frontend = Frontend(key: elements.key(index), family, isNodePort: isNodePort),
                let slot = elements.key(index).last, let backend = Backend(data: elements.data(index), family)
            else {
                strays.deleteKey(elements.key(index), from: set)
                continue
            }
            found[frontend, default: []].append((Int(slot), backend))
        }
        for (frontend, backends) in found {
            let all = backends.filter { $0.slot < TableLayout.localSlots }
            let local = backends.filter { $0.slot >= TableLayout.localSlots }
            let state = frontends[frontend]
            let slots = intact(all, of: frontend, from: 0, isWanted: state != nil && state?.sticky == nil)
            let localSlots = intact(
                local, of: frontend, from: TableLayout.localSlots, isWanted: state?.inner.hasLocal == true)
            frontends[frontend]?.slots = slots
            frontends[frontend]?.localSlots = localSlots
        }
    }

    /// The backends in slots without a hole; the rest are strays.
    private mutating func intact(
        _ backends: [(slot: Int, backend: Backend)], of frontend: Frontend, from first: Int, isWanted: Bool
    ) -> [Backend] {
        var seen: Set<Backend> = []
        var intact: [Backend] = []
        var isIntact = isWanted
        for (position, element) in backends.sorted(by: { $0.slot < $1.slot }).enumerated() {
            isIntact = isIntact && element.slot == first + position && seen.insert(element.backend).inserted
            if isIntact {
                intact.append(element.backend)
            } else {
                strays.deleteBackend(frontend, slot: element.slot)
            }
        }
        return intact
    }

    private mutating func readCounters(
        _ snapshot: TableSnapshot, _ set: String, _ family: IPFamily, isNodePort: Bool
    ) {
        guard let elements = snapshot.sets[set]?.elements else { return }
        for index in 0..<elements.count {
            guard let frontend = Frontend(key: elements.key(index), family, isNodePort: isNodePort) else {
                strays.deleteKey(elements.key(index), from: set)
                continue
            }
            if frontends[frontend] != nil { counted.insert(frontend) } else { strays.deleteCounter(frontend) }
        }
    }

    private mutating func readAddresses(_ snapshot: TableSnapshot) {
        if let elements = snapshot.sets[TableLayout.hairpin]?.elements {
            for index in 0..<elements.count {
                let words = elements.key(index)
                let (source, destination) = (words.prefix(words.count / 2), words.suffix(words.count / 2))
                if source.elementsEqual(destination) {
                    hairpin.append(source.addressValue)
                } else {
                    strays.deleteKey(words, from: TableLayout.hairpin)
                }
            }
        }
        clusterIPs = Self.addresses(snapshot, TableLayout.clusterIPs)
        endpointAddresses = Self.addresses(snapshot, TableLayout.endpointAddresses)
    }

    private static func addresses(_ snapshot: TableSnapshot, _ set: String) -> [UInt128] {
        guard let elements = snapshot.sets[set]?.elements else { return [] }
        return (0..<elements.count).map { elements.key($0).addressValue }
    }
}
