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

        init(_ declaration: SetDeclaration) {
            set = declaration.name
            deleted = Elements(keyWords: declaration.keyWords, dataWords: 0)
            added = Elements(keyWords: declaration.keyWords, dataWords: declaration.dataWords)
        }
    }

    /// The changes of a set and of its twin for node ports.
    private struct Pair {
        var address: Change
        var nodePort: Change

        init(_ layout: TableLayout, _ address: String, _ nodePort: String) {
            self.address = Change(layout.declaration(of: address))
            self.nodePort = Change(layout.declaration(of: nodePort))
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
    private var backends: Pair
    private var counters: Pair
    private var hairpin: Change

    init(_ layout: TableLayout) {
        family = layout.family
        frontends = Pair(layout, TableLayout.services, TableLayout.nodePorts)
        backends = Pair(layout, TableLayout.endpoints, TableLayout.nodePortEndpoints)
        counters = Pair(layout, TableLayout.counted, TableLayout.countedNodePorts)
        hairpin = Change(layout.declaration(of: TableLayout.hairpin))
    }

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

    mutating func deleteHairpin(_ address: IPAddress) {
        for _ in 0..<2 { hairpin.deleted.words.append(address: address.value, family) }
    }

    mutating func addHairpin(_ address: IPAddress) {
        for _ in 0..<2 { hairpin.added.words.append(address: address.value, family) }
    }

    /// Deletes what nobody of ours has made.
    mutating func deleteKey(_ key: ArraySlice<UInt32>, from set: String) {
        func delete(_ change: inout Change) { if change.set == set { change.deleted.words += key } }
        for pair in [\ElementDelta.frontends, \.backends, \.counters] {
            delete(&self[keyPath: pair].address)
            delete(&self[keyPath: pair].nodePort)
        }
        delete(&hairpin)
    }

    var isEmpty: Bool { all.allSatisfy { $0.deleted.isEmpty && $0.added.isEmpty } }

    private var all: [Change] {
        [
            backends.address, backends.nodePort, counters.address, counters.nodePort, hairpin, frontends.address,
            frontends.nodePort,
        ]
    }

    /// Appends the operations: a key may be deleted and added again, so deletions come first; backends come before the
    /// frontends that choose from them.
    func append(to transaction: inout Transaction, in table: TableID) {
        let all = all
        for change in all { transaction.delete(change.deleted, from: change.set, in: table) }
        for change in all { transaction.add(change.added, to: change.set, in: table) }
    }
}
