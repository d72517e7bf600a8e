import CNFTNL
import Glibc

/// The owner of a `nftnl_set_elem`, filled anew for one element after the other.
@safe struct ElementObject: ~Copyable {
    let raw: OpaquePointer

    /// - Parameter endsRange: the key is the one behind a range's last value.
    init?(endsRange: Bool = false) {
        guard let raw = unsafe nftnl_set_elem_alloc() else { return nil }
        unsafe self.raw = raw
        if endsRange {
            unsafe nftnl_set_elem_set_u32(
                raw, attribute(NFTNL_SET_ELEM_FLAGS), UInt32(NFT_SET_ELEM_INTERVAL_END.rawValue))
        }
    }

    deinit { unsafe nftnl_set_elem_free(raw) }

    func setKey(_ words: ArraySlice<UInt32>) { set(NFTNL_SET_ELEM_KEY, words) }

    func setLastKey(_ words: ArraySlice<UInt32>) { set(NFTNL_SET_ELEM_KEY_END, words) }

    func setData(_ words: ArraySlice<UInt32>) { set(NFTNL_SET_ELEM_DATA, words) }

    private func set(_ constant: Int, _ words: ArraySlice<UInt32>) {
        unsafe words.withUnsafeBytes {
            _ = unsafe nftnl_set_elem_set(raw, attribute(constant), $0.baseAddress, UInt32($0.count))
        }
    }

    func setGoto(_ chain: String) {
        unsafe nftnl_set_elem_set_u32(raw, attribute(NFTNL_SET_ELEM_VERDICT), UInt32(bitPattern: NFT_GOTO.rawValue))
        unsafe nftnl_set_elem_set_str(raw, attribute(NFTNL_SET_ELEM_CHAIN), chain)
    }

    /// The user data of an element: a type (0, comment), a length and the text with its zero byte, as nft writes it.
    func setComment(_ comment: String) {
        let text = Array(comment.utf8.prefix(ElementObject.longestComment))
        let userData = [0, UInt8(text.count + 1)] + text + [0]
        unsafe userData.withUnsafeBytes {
            _ = unsafe nftnl_set_elem_set(raw, attribute(NFTNL_SET_ELEM_USERDATA), $0.baseAddress, UInt32($0.count))
        }
    }

    func unsetComment() { unsafe nftnl_set_elem_unset(raw, attribute(NFTNL_SET_ELEM_USERDATA)) }

    /// nft refuses to load a longer comment, although the kernel takes it.
    static let longestComment = 128
}
