import Glibc
import LinuxSystem
import Testing

struct InotifyTests {
    private func touch(_ path: String) throws { _ = try FileDescriptor.open(path, O_WRONLY | O_CREAT).rawValue }

    @Test("What happens to a directory's entries is told in order")
    func events() throws {
        let folder = try Folder()
        let queue = try Inotify()
        try queue.watch(folder.path)
        let nothing = try queue.read()
        #expect(nothing.isEmpty)
        try touch(folder.file("a"))
        let made = try queue.read()
        #expect(made == [.created(name: "a"), .touched(name: "a")])
        unsafe chmod(folder.file("a"), 0o640)
        let changed = try queue.read()
        #expect(changed == [.attributes(name: "a")])
        unsafe rename(folder.file("a"), folder.file("b"))
        let moved = try queue.read()
        guard case .movedAway("a", let first)? = moved.first, case .movedIn("b", let second)? = moved.last else {
            Issue.record("\(moved)")
            return
        }
        #expect(first == second && moved.count == 2)
        try Directory.remove(folder.file("b"))
        let removed = try queue.read()
        #expect(removed == [.touched(name: "b")])
        unsafe rmdir(folder.path)
        let gone = try queue.read()
        #expect(gone.contains(.directoryGone))
    }

    @Test("Records are read within their bounds, whatever they say")
    func bounds() {
        #expect(Inotify.events(in: []).isEmpty)
        // IN_Q_OVERFLOW
        #expect(Inotify.events(in: [255, 255, 255, 255, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) == [.overflow])
        // IN_CREATE with a name that is said to be longer than what is there.
        let cut: [UInt8] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 97]
        #expect(Inotify.events(in: cut) == [.created(name: "a")])
    }
}
