import CLinux
import Glibc

/// An inotify queue that watches one directory.
package struct Inotify: ~Copyable, Sendable {
    /// Something that happened to an entry of the directory, or to the directory.
    package enum Event: Sendable, Hashable {
        /// The entry was closed after writing, renamed in, linked, renamed away or removed: look at it again.
        case touched(name: String)
        /// The entry was renamed away; its new name follows, in this directory or never.
        case movedAway(name: String, cookie: UInt32)
        /// The entry was renamed in.
        case movedIn(name: String, cookie: UInt32)
        /// The entry is new and may still be empty: what is made by `open(2)` is whole when it is closed.
        case created(name: String)
        /// The entry's mode, owner or times changed; perhaps while it is being written.
        case attributes(name: String)
        /// Something happened to an entry whose name is not UTF-8; that is escaped here.
        case illegible(name: String)
        /// The directory itself was removed, renamed or unmounted.
        case directoryGone
        /// Events were lost.
        case overflow
    }

    private let descriptor: FileDescriptor

    package init() throws(SystemError) {
        descriptor = FileDescriptor(
            adopting: try systemCall("inotify_init") { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) })
    }

    /// The descriptor's number, to wait for input.
    package var rawValue: Int32 { descriptor.rawValue }

    /// Watches a directory; the queue lives for one directory only.
    package borrowing func watch(_ path: String) throws(SystemError) {
        let mask =
            IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ATTRIB | IN_ONLYDIR
        let descriptor = rawValue
        try systemCall("watch \(path)") { unsafe inotify_add_watch(descriptor, path, UInt32(mask)) }
    }

    /// The events that wait in the queue, none when there are none; reads up to about a thousand at a time.
    package borrowing func read() throws(SystemError) -> [Event] {
        do throws(SystemError) {
            return Self.events(in: try descriptor.read(upTo: 1 << 16))
        } catch  where error.errno == .wouldBlock {
            return []
        }
    }
}

extension Inotify {
    /// Reads `struct inotify_event` records (inotify(7)): wd, mask, cookie, len, then the name padded with zeros.
    package static func events(in bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while rest.count >= 16 {
            func word(_ index: Int) -> UInt32 {
                rest.dropFirst(index * 4).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
            let mask = word(1)
            let cookie = word(2)
            let length = Int(word(3))
            let bytes = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
            if let name = String(validating: bytes, as: UTF8.self) {
                events += event(mask: Int(mask), cookie: cookie, name: name)
            } else if Int(mask) & Int(IN_DELETE | IN_MOVED_FROM) == 0 {
                events.append(.illegible(name: escaped(bytes)))
            }
            rest = rest.dropFirst(16 + length)
        }
        return events
    }

    private static func event(mask: Int, cookie: UInt32, name: String) -> [Event] {
        if mask & Int(IN_Q_OVERFLOW) != 0 { return [.overflow] }
        if mask & Int(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED) != 0 { return [.directoryGone] }
        if name.isEmpty { return [] }
        if mask & Int(IN_MOVED_FROM) != 0 { return [.movedAway(name: name, cookie: cookie)] }
        if mask & Int(IN_MOVED_TO) != 0 { return [.movedIn(name: name, cookie: cookie)] }
        if mask & Int(IN_CREATE) != 0 { return [.created(name: name)] }
        if mask & Int(IN_ATTRIB) != 0 { return [.attributes(name: name)] }
        return [.touched(name: name)]
    }
}
