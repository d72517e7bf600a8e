import CNFTNL
import Glibc

/// The owner of a `nftnl_set_elem`, filled anew for one element after the other.
@safe struct ElementObject: ~Copyable {
    let raw: OpaquePointer

    init?() {
        guard let raw = unsafe nftnl_set_elem_alloc() else { return nil }
        unsafe self.raw = raw
    }

    /// - Parameter flag: what is special about the element: its key is the one behind a range's last value, or it stands
    ///   for all keys that no other element has.
    init?(_ flag: nft_set_elem_flags) {
        guard let raw = unsafe nftnl_set_elem_alloc() else { return nil }
        unsafe self.raw = raw
        unsafe nftnl_set_elem_set_u32(raw, attribute(NFTNL_SET_ELEM_FLAGS), UInt32(flag.rawValue))
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

    func setVerdict(_ verdict: Verdict) {
        let (code, chain) = verdict.netlink
        unsafe nftnl_set_elem_set_u32(raw, attribute(NFTNL_SET_ELEM_VERDICT), UInt32(bitPattern: code))
        if let chain { unsafe nftnl_set_elem_set_str(raw, attribute(NFTNL_SET_ELEM_CHAIN), chain) }
    }

    /// The user data of an element: a type (0, comment), a length and the text with its zero byte, as nft writes it.
    func setComment(_ comment: String) {
        let text = Array(comment.utf8.prefix(Elements.longestComment))
        let userData = [0, UInt8(text.count + 1)] + text + [0]
        unsafe userData.withUnsafeBytes {
            _ = unsafe nftnl_set_elem_set(raw, attribute(NFTNL_SET_ELEM_USERDATA), $0.baseAddress, UInt32($0.count))
        }
    }

    func unsetComment() { unsafe nftnl_set_elem_unset(raw, attribute(NFTNL_SET_ELEM_USERDATA)) }
}
