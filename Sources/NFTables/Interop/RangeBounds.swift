import CNFTNL

/// The elements of a set of single-part ranges as the kernel keeps them: where ranges begin and where they end.
struct RangeBounds {
    private struct Bound {
        let key: [UInt32]
        let isEnd: Bool
        let data: [UInt32]
        let comment: String?
    }

    private var bounds: [Bound] = []

    /// Takes an element that the kernel reported.
    mutating func append(_ element: OpaquePointer) {
        guard let key = unsafe words(of: element, NFTNL_SET_ELEM_KEY) else { return }
        let isEnd = unsafe flags(of: element) & UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue) != 0
        bounds.append(
            Bound(
                key: key, isEnd: isEnd,
                data: unsafe words(of: element, NFTNL_SET_ELEM_DATA) ?? [],
                comment: unsafe commentText(of: element)))
    }

    /// The ranges, in ascending order; an end that ends nothing (nft marks the lowest value so) is left out.
    func elements(of set: SetDeclaration) -> Elements {
        var elements = Elements(of: set)
        var open: Bound?
        func close(_ last: [UInt32]?) {
            guard let range = open else { return }
            elements.append(key: range.key, through: last, data: range.data, comment: range.comment)
            open = nil
        }
        let highest = [UInt32](repeating: .max, count: set.keyWords)
        for bound in bounds.sorted(by: Self.areInOrder)
        where bound.key.count == set.keyWords && (bound.isEnd || bound.data.count == set.dataWords) {
            close(bound.key[...].predecessor)
            if !bound.isEnd { open = bound }
        }
        close(highest)
        return elements
    }

    /// By key, and at one key the end of a range before the begin of the next.
    private static func areInOrder(_ a: Bound, _ b: Bound) -> Bool {
        guard a.key == b.key else {
            return a.key.lexicographicallyPrecedes(b.key) { $0.bigEndian < $1.bigEndian }
        }
        return a.isEnd && !b.isEnd
    }
}

extension ArraySlice<UInt32> {
    /// The next number in network byte order; nil behind the highest.
    var successor: [UInt32]? { stepped(by: 1, from: .max) }

    /// The number before in network byte order; nil before zero.
    var predecessor: [UInt32]? { stepped(by: .max, from: 0) }

    /// Adds to the last word, and to the one before it wherever a word wraps.
    private func stepped(by step: UInt32, from edge: UInt32) -> [UInt32]? {
        var words = Array(self)
        for index in words.indices.reversed() {
            let value = words[index].bigEndian
            words[index] = (value &+ step).bigEndian
            if value != edge { return words }
        }
        return nil
    }
}
