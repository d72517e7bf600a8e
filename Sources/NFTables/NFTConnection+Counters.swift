import CNFTNL
import Glibc
package import LinuxSystem

extension NFTConnection {
    /// The packets that each element of a set has counted, by key; empty where there is no such set.
    package mutating func counters(of set: String, in table: TableID) throws(NetlinkError) -> [[UInt32]: UInt64] {
        var counts: [[UInt32]: UInt64] = [:]
        do {
            unsafe try forEachElement(of: set, in: table) { element in
                guard let key = unsafe words(of: element, NFTNL_SET_ELEM_KEY) else { return }
                unsafe nftnl_set_elem_expr_foreach(
                    element,
                    { expression, count in
                        guard let name = unsafe nftnl_expr_get_str(expression, attribute(NFTNL_EXPR_NAME)),
                            unsafe strcmp(name, "counter") == 0
                        else { return 0 }
                        let packets = unsafe nftnl_expr_get_u64(expression, attribute(NFTNL_EXPR_CTR_PACKETS))
                        unsafe count?.assumingMemoryBound(to: UInt64.self).pointee = packets
                        return 0
                    }, &counts[key, default: 0])
            }
        } catch {
            guard error.errno == .notFound else { throw error }
        }
        return counts
    }
}
