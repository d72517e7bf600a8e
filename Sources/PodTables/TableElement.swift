import NFTables

/// An element and where it belongs.
struct TableElement: Hashable {
    /// What no two elements of the table may share.
    struct Place: Hashable {
        let family: TableFamily
        let set: String
        let key: [UInt32]
        /// The last value of a key that is a range.
        let last: [UInt32]
    }

    let place: Place
    let data: [UInt32]
    let comment: String

    init(
        _ family: TableFamily, _ set: String, _ key: [UInt32], through last: [UInt32]? = nil, data: [UInt32] = [],
        _ comment: String
    ) {
        place = Place(family: family, set: set, key: key, last: last ?? key)
        self.data = data
        self.comment = comment
    }
}

extension TableElement {
    /// A hash that is the same in every process and version, unlike Swift's own.
    ///
    /// The sum of them tells whether a set of elements is another one; whoever could forge one could change the records.
    var digest: UInt64 {
        var hash = TableDigest(place.family, place.set)
        hash.add(place.key)
        hash.add(place.last)
        hash.add(data)
        hash.add(comment)
        return hash.value
    }
}

/// FNV-1a, a word at a time.
struct TableDigest {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    init(_ family: TableFamily, _ set: String) {
        mix(UInt64(family.rawValue))
        add(set)
    }

    mutating func add(_ words: some Sequence<UInt32>) {
        for word in words { mix(UInt64(word)) }
        mix(1 << 32)
    }

    mutating func add(_ text: String) {
        for byte in text.utf8 { mix(UInt64(byte)) }
        mix(1 << 32)
    }

    /// The high bits are folded back, because a product carries none down.
    private mutating func mix(_ word: UInt64) {
        value = (value ^ word) &* 0x100_0000_01b3
        value ^= value >> 29
    }
}

extension Sequence<TableElement> {
    /// The sum of the elements' digests, whatever their order.
    var digest: UInt64 { reduce(0) { $0 &+ $1.digest } }

    /// The operations that add these elements, or delete them: one for each set.
    func operations(_ make: (TableID, String, Elements) -> Transaction.Operation) -> [Transaction.Operation] {
        var operations: [Transaction.Operation] = []
        for family in TableFamily.allCases {
            let elements = filter { $0.place.family == family }
            if elements.isEmpty { continue }
            let layout = TableLayout(family: family, guardsLoopback: false)
            for set in layout.setNames {
                let members = elements.filter { $0.place.set == set }
                if members.isEmpty { continue }
                var added = Elements(of: layout.declaration(of: set))
                for element in members {
                    added.append(
                        key: element.place.key, through: element.place.last, data: element.data,
                        comment: element.comment)
                }
                operations.append(make(layout.table, set, added))
            }
        }
        return operations
    }
}
