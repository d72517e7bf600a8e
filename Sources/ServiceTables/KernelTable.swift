import Frontends
import NFTables
import NetworkTypes

/// What a dumped table says about frontends and backends.
///
/// Elements that don't fit together (a slot behind a gap, backends of no frontend) are strays, to be deleted.
struct KernelTable {
    struct FrontendState {
        var shape: Shape
        var comment: String
        var slots: [Backend] = []
    }

    var frontends: [Frontend: FrontendState] = [:]
    var counted: Set<Frontend> = []
    var hairpin: Set<IPAddress> = []
    var strays: ElementDelta

    private static let foreignComment = "\0"

    /// An empty table.
    init(_ layout: TableLayout) { strays = ElementDelta(layout) }

    init(_ snapshot: TableSnapshot, _ layout: TableLayout) {
        self.init(layout)
        readFrontends(snapshot, TableLayout.services, layout.family, isNodePort: false)
        readFrontends(snapshot, TableLayout.nodePorts, layout.family, isNodePort: true)
        readBackends(snapshot, TableLayout.endpoints, layout.family, isNodePort: false)
        readBackends(snapshot, TableLayout.nodePortEndpoints, layout.family, isNodePort: true)
        readCounters(snapshot, TableLayout.counted, layout.family, isNodePort: false)
        readCounters(snapshot, TableLayout.countedNodePorts, layout.family, isNodePort: true)
        if let elements = snapshot.sets[TableLayout.hairpin]?.elements {
            for index in 0..<elements.count {
                let words = elements.key(index)
                let (source, destination) = (words.prefix(words.count / 2), words.suffix(words.count / 2))
                if source.elementsEqual(destination) {
                    hairpin.insert(IPAddress(family: layout.family, value: source.addressValue))
                } else {
                    strays.deleteKey(words, from: TableLayout.hairpin)
                }
            }
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

    private mutating func readBackends(
        _ snapshot: TableSnapshot, _ set: String, _ family: IPFamily, isNodePort: Bool
    ) {
        guard let elements = snapshot.sets[set]?.elements else { return }
        var found: [Frontend: [(slot: UInt32, backend: Backend)]] = [:]
        for index in 0..<elements.count {
            guard let frontend = Frontend(key: elements.key(index), family, isNodePort: isNodePort),
                let slot = elements.key(index).last, let backend = Backend(data: elements.data(index), family)
            else {
                strays.deleteKey(elements.key(index), from: set)
                continue
            }
            found[frontend, default: []].append((slot, backend))
        }
        for (frontend, backends) in found {
            let sorted = backends.sorted { $0.slot < $1.slot }
            var seen: Set<Backend> = []
            var intact: [Backend] = []
            var isIntact = frontends[frontend] != nil
            for (position, element) in sorted.enumerated() {
                isIntact = isIntact && Int(element.slot) == position && seen.insert(element.backend).inserted
                if isIntact {
                    intact.append(element.backend)
                } else {
                    strays.deleteBackend(frontend, slot: Int(element.slot))
                }
            }
            frontends[frontend]?.slots = intact
        }
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
}
