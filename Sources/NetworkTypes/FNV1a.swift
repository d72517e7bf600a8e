/// The 64-bit FNV-1a hash: the same on every machine and in every version, unlike Swift's `Hasher`.
///
/// For two types instead of every sequence: the generic function would look its witnesses up at run time, which costs a
/// plugin more than the hash.
package enum FNV1a {
    private static let start: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The hash of a text's UTF-8.
    package static func hash(_ text: String) -> UInt64 {
        var hash = start
        for byte in text.utf8 { hash = next(hash, byte) }
        return hash
    }

    package static func hash(_ bytes: [UInt8]) -> UInt64 {
        var hash = start
        for byte in bytes { hash = next(hash, byte) }
        return hash
    }

    private static func next(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
}
