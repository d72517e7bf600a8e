import CLinux
import Glibc
import LinuxSystem

/// An epoll instance whose events carry the descriptor they are about.
struct EventQueue: ~Copyable {
    private let descriptor: FileDescriptor
    private var ready = [Int32](repeating: -1, count: 512)
    private var masks = [UInt32](repeating: 0, count: 512)

    static let readable = UInt32(EPOLLIN.rawValue)
    static let writable = UInt32(EPOLLOUT.rawValue)

    init() throws(SystemError) {
        descriptor = FileDescriptor(
            adopting: try systemCall("make an event queue") { epoll_create1(O_CLOEXEC) })
    }

    borrowing func add(_ fd: Int32, _ mask: UInt32) throws(SystemError) { try control(EPOLL_CTL_ADD, fd, mask) }

    borrowing func change(_ fd: Int32, _ mask: UInt32) throws(SystemError) { try control(EPOLL_CTL_MOD, fd, mask) }

    private borrowing func control(_ operation: Int32, _ fd: Int32, _ mask: UInt32) throws(SystemError) {
        let queue = descriptor.rawValue
        try systemCall("watch a descriptor") { fairway_epoll_control(queue, operation, fd, mask) }
    }

    /// Waits for events and returns their descriptors; none when the time is over or a signal came.
    ///
    /// - Parameter milliseconds: -1 to wait without a bound.
    mutating func wait(milliseconds: Int32) -> [Int32] {
        let count = unsafe fairway_epoll_wait(
            descriptor.rawValue, &ready, &masks, Int32(ready.count), milliseconds)
        return Array(ready.prefix(max(0, Int(count))))
    }
}
