/// The comment of a frontend's element: the Service's `namespace/name:port`.
///
/// nft refuses comments of more than 128 characters; a longer name is cut and ends in a hash of the whole.
func ownerComment(_ owner: String) -> String {
    let limit = 128
    guard owner.utf8.count > limit else { return owner }
    // FNV-1a: names are chosen by the cluster's users, and a collision only makes two comments alike.
    let hash = owner.utf8.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    let suffix = "~" + String(repeating: "0", count: 8 - digits.count) + digits
    return String(decoding: owner.utf8.prefix(limit - suffix.utf8.count), as: UTF8.self) + suffix
}
