/// Elements of one set, flat in memory: a first sync holds hundreds of thousands.
///
/// An element is `keyWords` words of key and `dataWords` words of data. A word holds the bytes as they travel, so
/// numbers in network byte order are stored with `bigEndian`.
package struct Elements: Sendable, Hashable {
    package let keyWords: Int
    package let dataWords: Int
    package var words: [UInt32] = []
    /// Comments by element; empty when no element has one.
    package var comments: [String] = []

    package init(keyWords: Int, dataWords: Int) {
        self.keyWords = keyWords
        self.dataWords = dataWords
    }

    package var stride: Int { keyWords + dataWords }
    package var count: Int { stride == 0 ? 0 : words.count / stride }
    package var isEmpty: Bool { words.isEmpty }

    package func key(_ index: Int) -> ArraySlice<UInt32> {
        words[index * stride..<index * stride + keyWords]
    }

    package func data(_ index: Int) -> ArraySlice<UInt32> {
        words[index * stride + keyWords..<(index + 1) * stride]
    }

    package func comment(_ index: Int) -> String? {
        index < comments.count && !comments[index].isEmpty ? comments[index] : nil
    }
}

/// An element of a verdict map: the key sends a packet to the chain.
package struct VerdictElement: Sendable, Hashable {
    package let key: [UInt32]
    package let chain: String

    package init(key: [UInt32], goto chain: String) {
        self.key = key
        self.chain = chain
    }
}
