import CNFTNL

extension Elements {
    /// Appends an element that the kernel reported.
    ///
    /// An element whose sizes are not the set's is left out: the kernel does not make such.
    mutating func append(_ element: OpaquePointer) {
        let start = words.count
        guard unsafe appendWords(of: element, NFTNL_SET_ELEM_KEY, keyWords),
            unsafe form == .value || appendLastKey(of: element),
            unsafe dataWords == 0 || appendWords(of: element, NFTNL_SET_ELEM_DATA, dataWords)
        else {
            words.removeLast(words.count - start)
            return
        }
        if let comment = unsafe commentText(of: element) {
            comments += Array(repeating: "", count: start / stride - comments.count) + [comment]
        }
    }

    /// An element without a last key is a range of one.
    private mutating func appendLastKey(of element: OpaquePointer) -> Bool {
        let hasLast = unsafe nftnl_set_elem_is_set(element, attribute(NFTNL_SET_ELEM_KEY_END))
        return unsafe appendWords(of: element, hasLast ? NFTNL_SET_ELEM_KEY_END : NFTNL_SET_ELEM_KEY, keyWords)
    }

    private mutating func appendWords(of element: OpaquePointer, _ constant: Int, _ expected: Int) -> Bool {
        var length: UInt32 = 0
        guard let bytes = unsafe nftnl_set_elem_get(element, attribute(constant), &length), length == expected * 4
        else { return false }
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(length))
        for offset in Swift.stride(from: 0, to: buffer.count, by: 4) {
            words.append(unsafe buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        return true
    }
}

func words(of element: OpaquePointer, _ constant: Int) -> [UInt32]? {
    var length: UInt32 = 0
    guard let bytes = unsafe nftnl_set_elem_get(element, attribute(constant), &length) else { return nil }
    let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(length))
    return stride(from: 0, to: buffer.count & ~3, by: 4).map {
        unsafe buffer.loadUnaligned(fromByteOffset: $0, as: UInt32.self)
    }
}

func commentText(of element: OpaquePointer) -> String? {
    var length: UInt32 = 0
    guard let bytes = unsafe nftnl_set_elem_get(element, attribute(NFTNL_SET_ELEM_USERDATA), &length), length > 3 else {
        return nil
    }
    let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(length))
    guard unsafe buffer[0] == 0, unsafe buffer[1] > 0, unsafe Int(buffer[1]) + 2 <= buffer.count else { return nil }
    return unsafe String(decoding: buffer[2..<Int(buffer[1]) + 1], as: UTF8.self)
}

/// `enum nft_set_elem_flags`.
func flags(of element: OpaquePointer) -> UInt32 {
    // libnftnl reads through a null pointer where an element has no flags.
    guard unsafe nftnl_set_elem_is_set(element, attribute(NFTNL_SET_ELEM_FLAGS)) else { return 0 }
    return unsafe nftnl_set_elem_get_u32(element, attribute(NFTNL_SET_ELEM_FLAGS))
}

extension VerdictElement {
    /// Reads an element of a verdict map; nil for one without a key.
    init?(_ element: OpaquePointer) {
        guard let key = unsafe words(of: element, NFTNL_SET_ELEM_KEY) else { return nil }
        let code = Int32(bitPattern: unsafe nftnl_set_elem_get_u32(element, attribute(NFTNL_SET_ELEM_VERDICT)))
        let chain = unsafe nftnl_set_elem_get_str(element, attribute(NFTNL_SET_ELEM_CHAIN))
        self.init(key: key, Verdict(code: code, chain: unsafe chain.map { unsafe String(cString: $0) }))
    }
}
