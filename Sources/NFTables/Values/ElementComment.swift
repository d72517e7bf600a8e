/// The comment of an element: who wanted it.
package enum ElementComment {
    /// The text, or its beginning and a hash of the whole where it is too long for nft to load.
    package static func fitting(_ text: String) -> String {
        let limit = Elements.longestComment
        guard text.utf8.count > limit else { return text }
        // FNV-1a: names are chosen by the cluster's users, and a collision only makes two comments alike.
        let hash = text.utf8.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        let suffix = "~" + String(repeating: "0", count: 8 - digits.count) + digits
        return String(decoding: text.utf8.prefix(limit - suffix.utf8.count), as: UTF8.self) + suffix
    }
}
