import CMNL
import CNFTNL
import Glibc
package import LinuxSystem

/// What an element of a set holds beside its key.
package struct ElementContent: Sendable, Hashable {
    /// A map's data; empty for a set and for a map of verdicts.
    package let data: [UInt32]
    /// A verdict map's.
    package let verdict: Verdict?
    package let comment: String?

    package init(data: [UInt32] = [], verdict: Verdict? = nil, comment: String? = nil) {
        self.data = data
        self.verdict = verdict
        self.comment = comment
    }
}

extension NFTConnection {
    /// One element of a set, without reading the others; nil when there is none, nor the set, nor the table.
    ///
    /// In a set of ranges the one that the key lies in.
    package mutating func element(
        _ key: [UInt32], of set: String, in table: TableID
    ) throws(NetlinkError) -> ElementContent? {
        guard let object = ElementObject() else { throw NetlinkError("get element", .outOfMemory) }
        object.setKey(key[...])
        var content: ElementContent?
        do {
            unsafe try request(
                Message.getElement, family: table.family.rawValue, flags: 0, "get element \(table) \(set)"
            ) { header in
                unsafe Batch.putElements(header, set, table) { ordinal in
                    guard ordinal == 0 else { return false }
                    _ = unsafe nftnl_set_elem_nlmsg_build(header, object.raw, ordinal)
                    return true
                }
            } each: { message in
                unsafe eachElement(message) { element in
                    content = ElementContent(
                        data: unsafe words(of: element, NFTNL_SET_ELEM_DATA) ?? [],
                        verdict: unsafe nftnl_set_elem_is_set(element, attribute(NFTNL_SET_ELEM_VERDICT))
                            ? VerdictElement(element)?.verdict : nil,
                        comment: unsafe commentText(of: element))
                }
            }
        } catch {
            guard error.errno == .notFound else { throw error }
            return nil
        }
        return content
    }
}

/// Hands over each element of a message of elements.
func eachElement(_ message: UnsafePointer<nlmsghdr>, _ body: (OpaquePointer) -> Void) {
    guard let part = SetObject(), unsafe nftnl_set_elems_nlmsg_parse(message, part.raw) == 0,
        let iterator = unsafe nftnl_set_elems_iter_create(part.raw)
    else { return }
    while let element = unsafe nftnl_set_elems_iter_next(iterator) { unsafe body(element) }
    unsafe nftnl_set_elems_iter_destroy(iterator)
}
