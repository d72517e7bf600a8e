import CMNL
import CNFTNL
import Glibc

/// An element as libnftnl writes it into a message, with the places of what differs from one to the next.
///
/// Written by libnftnl once for each form, and copied after that: a first sync has hundreds of thousands of elements of two or
/// three forms.
struct ElementTemplate {
    /// What two elements have in common that differ in their words only.
    struct Form: Hashable {
        let keyWords: Int
        let dataWords: Int
        /// Bytes of the comment; nil for an element without one.
        let commentBytes: Int?
    }

    private let bytes: [UInt8]
    private let keyOffset: Int
    private let dataOffset: Int
    private let commentOffset: Int
    private let commentBytes: Int

    var count: Int { bytes.count }

    /// Nil where libnftnl has no memory.
    init?(_ form: Form) {
        guard let object = ElementObject() else { return nil }
        let key = (0..<form.keyWords).map { 0xa5c3_0001 &+ UInt32($0) }
        let data = (0..<form.dataWords).map { 0x5a3c_0001 &+ UInt32($0) }
        // Nowhere else in an element are tildes where one could be taken for the comment.
        let comment = String(repeating: "~", count: form.commentBytes ?? 0)
        commentBytes = comment.utf8.count
        object.setKey(key[...])
        if form.dataWords > 0 { object.setData(data[...]) }
        if form.commentBytes != nil { object.setComment(comment) }
        bytes = unsafe attributes { header in _ = unsafe nftnl_set_elem_nlmsg_build(header, object.raw, 0) }
        guard let keyOffset = Self.place(of: key[...].bytes, in: bytes),
            let dataOffset = Self.place(of: data[...].bytes, in: bytes),
            let commentOffset = Self.place(of: Array(comment.utf8), in: bytes)
        else { return nil }
        (self.keyOffset, self.dataOffset, self.commentOffset) = (keyOffset, dataOffset, commentOffset)
    }

    private static func place(of part: [UInt8], in bytes: [UInt8]) -> Int? {
        part.isEmpty ? 0 : (0...max(0, bytes.count - part.count)).first { bytes[$0...].starts(with: part) }
    }

    /// Writes an element.
    ///
    /// - Parameters:
    ///   - place: has room for `count` bytes.
    ///   - ordinal: of the element in its message, which libnftnl writes where an attribute has its type.
    ///   - words: of the key and then of the data.
    ///   - keyBytes: how many bytes of them are the key's.
    func write(
        to place: UnsafeMutableRawPointer, ordinal: Int32, _ words: UnsafeRawBufferPointer, keyBytes: Int,
        comment: String?
    ) {
        guard let start = words.baseAddress else { return }
        unsafe bytes.withUnsafeBytes { unsafe place.copyMemory(from: $0.baseAddress ?? start, byteCount: $0.count) }
        // struct nlattr: u16 length, u16 type.
        let type = UInt16(truncatingIfNeeded: ordinal) | UInt16(NLA_F_NESTED)
        unsafe place.storeBytes(of: type, toByteOffset: 2, as: UInt16.self)
        unsafe (place + keyOffset).copyMemory(from: start, byteCount: keyBytes)
        if words.count > keyBytes {
            unsafe (place + dataOffset).copyMemory(from: start + keyBytes, byteCount: words.count - keyBytes)
        }
        if var comment {
            comment.withUTF8 { text in
                if let first = text.baseAddress {
                    let count = min(text.count, commentBytes)
                    unsafe (place + commentOffset).copyMemory(from: first, byteCount: count)
                }
            }
        }
    }
}

/// The templates that a connection has used, and the attributes that name sets in its messages.
struct ElementTemplates {
    private var named: [(set: String, table: TableID, bytes: [UInt8])] = []

    /// So many are kept: more than there are sets that change all the time.
    private static let namesLimit = 24

    /// The attributes that name a set and its table.
    mutating func names(of set: String, in table: TableID) -> [UInt8] {
        for index in named.indices where named[index].set == set && named[index].table.name == table.name {
            return named[index].bytes
        }
        let bytes = unsafe attributes { header in
            unsafe mnl_attr_put_strz(header, attribute(NFTA_SET_ELEM_LIST_TABLE), table.name)
            unsafe mnl_attr_put_strz(header, attribute(NFTA_SET_ELEM_LIST_SET), set)
        }
        if named.count == Self.namesLimit { named.removeFirst() }
        named.append((set, table, bytes))
        return bytes
    }

    /// A handful, so that looking through them is faster than hashing.
    private var plain: [(form: ElementTemplate.Form, template: ElementTemplate)] = []
    private var commented: [ElementTemplate.Form: ElementTemplate] = [:]

    subscript(form: ElementTemplate.Form) -> ElementTemplate? {
        mutating get {
            if form.commentBytes == nil {
                for index in plain.indices where plain[index].form == form { return plain[index].template }
                guard let made = ElementTemplate(form) else { return nil }
                plain.append((form, made))
                return made
            }
            if let known = commented[form] { return known }
            let made = ElementTemplate(form)
            commented[form] = made
            return made
        }
    }
}

/// The bytes of what is written behind a message's head.
private func attributes(_ write: (UnsafeMutablePointer<nlmsghdr>) -> Void) -> [UInt8] {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    guard
        let header = unsafe nftnl_nlmsg_build_hdr(
            memory.baseAddress?.assumingMemoryBound(to: CChar.self), 0, 0, 0, 0)
    else { return [] }
    let start = unsafe Int(header.pointee.nlmsg_len)
    unsafe write(header)
    return unsafe Array(memory[start..<Int(header.pointee.nlmsg_len)])
}
