/// Elements of one set, flat in memory: a first sync holds hundreds of thousands.
///
/// An element is `keyWords` words of key, as many of the key's last value where the keys are ranges, and `dataWords`
/// words of data. A word holds the bytes as they travel, so numbers in network byte order are stored with `bigEndian`.
package struct Elements: Sendable, Hashable {
    /// What the keys are.
    package enum KeyForm: Sendable, Hashable {
        case value
        /// From a first to a last value, which the kernel keeps as two elements: the first and the one behind the last.
        case range
        /// The same in each part of a concatenation, which the kernel keeps as one element with two keys.
        case concatenatedRange
    }

    /// nft refuses to load a longer comment, in bytes, although the kernel takes it.
    package static let longestComment = 128

    package let keyWords: Int
    package let dataWords: Int
    package let form: KeyForm
    package var words: [UInt32] = []
    /// Comments by element; empty when no element has one.
    package var comments: [String] = []

    package init(keyWords: Int, dataWords: Int, form: KeyForm = .value) {
        self.keyWords = keyWords
        self.dataWords = dataWords
        self.form = form
    }

    /// No elements yet, of the form that a set's have.
    package init(of set: SetDeclaration) {
        self.init(keyWords: set.keyWords, dataWords: set.dataWords, form: set.keyForm)
    }

    private var keySpan: Int { form == .value ? keyWords : 2 * keyWords }
    package var stride: Int { keySpan + dataWords }
    package var count: Int { stride == 0 ? 0 : words.count / stride }
    package var isEmpty: Bool { words.isEmpty }

    /// The key; of a range its first value.
    package func key(_ index: Int) -> ArraySlice<UInt32> {
        words[index * stride..<index * stride + keyWords]
    }

    /// The last value of a key that is a range; the key itself otherwise.
    package func lastKey(_ index: Int) -> ArraySlice<UInt32> {
        words[index * stride + keySpan - keyWords..<index * stride + keySpan]
    }

    package func data(_ index: Int) -> ArraySlice<UInt32> {
        words[index * stride + keySpan..<(index + 1) * stride]
    }

    package func comment(_ index: Int) -> String? {
        index < comments.count && !comments[index].isEmpty ? comments[index] : nil
    }

    /// Appends an element.
    ///
    /// - Parameters:
    ///   - key: `keyWords` words; of a range its first value.
    ///   - last: a range's last value; nil for a range of one.
    ///   - data: `dataWords` words.
    ///   - comment: at most `longestComment` bytes, see `ElementComment`.
    package mutating func append(
        key: [UInt32], through last: [UInt32]? = nil, data: [UInt32] = [], comment: String? = nil
    ) {
        precondition(key.count == keyWords && (last?.count ?? keyWords) == keyWords && data.count == dataWords)
        if let comment, !comment.isEmpty {
            comments += Array(repeating: "", count: count - comments.count) + [comment]
        }
        words += key
        if form != .value { words += last ?? key }
        words += data
    }
}

/// An element of a verdict map: what becomes of a packet with the key.
package struct VerdictElement: Sendable, Hashable {
    package let key: [UInt32]
    package let verdict: Verdict

    package init(key: [UInt32], _ verdict: Verdict) {
        self.key = key
        self.verdict = verdict
    }
}
