import CMNL
import LinuxSystem

/// The netlink socket of a connection, which takes what libnftnl has built.
struct Socket: ~Copyable, Sendable {
    let netlink: NetlinkSocket

    init() throws(NFTablesError) {
        do throws(SystemError) {
            netlink = try NetlinkSocket(.nftables)
        } catch {
            throw NFTablesError("open netlink socket", error.errno)
        }
    }

    func reserve(sendBuffer bytes: Int) { netlink.reserve(sendBuffer: bytes) }

    func reserve(receiveBuffer bytes: Int) { netlink.reserve(receiveBuffer: bytes) }

    func send(_ bytes: UnsafeRawPointer, count: Int) throws(Errno) {
        unsafe try netlink.send(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
    }
}
