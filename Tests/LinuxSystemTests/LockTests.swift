import Glibc
import LinuxSystem
import Synchronization
import Testing

struct LockTests {
    @Test("A second exclusive holder waits for the first one's end, shared ones do not wait for each other")
    func exclusion() throws {
        let folder = try Folder()
        let path = folder.file("lock")
        let taken = EventCount()
        let waiter = {
            try DedicatedThread.start("waiter") {
                guard let lock = try? FileLock(path: path) else { return }
                taken.raise()
                _ = lock.isUntouched()
            }
        }
        do {
            let first = try FileLock(path: path, .shared)
            let second = try FileLock(path: path, .shared)
            try waiter()
            #expect(!taken.wait(milliseconds: 50))
            let areUntouched = first.isUntouched() && second.isUntouched()
            #expect(areUntouched)
        }
        #expect(taken.wait(milliseconds: 5000))
    }

    @Test("A line is left for the next holder; one that was cleared or not finished is none")
    func line() throws {
        let folder = try Folder()
        let path = folder.file("lock")
        do {
            let lock = try FileLock(path: path)
            let none = try lock.line()
            #expect(none == nil)
            try lock.setLine(Array("first line".utf8))
        }
        let lock = try FileLock(path: path)
        let left = try lock.line()
        #expect(left == Array("first line".utf8))
        try lock.setLine(Array("2nd".utf8))
        let second = try lock.line()
        let isUntouched = lock.isUntouched()
        #expect(second == Array("2nd".utf8) && !isUntouched)
        try lock.clearLine()
        let cleared = try lock.line()
        #expect(cleared == nil)
    }

    @Test("One instance at a time; the refusal names the holder's pid, and the name is free afterwards")
    func instance() throws {
        let name = "fairway-test-\(getpid())"
        do {
            let lock = try InstanceLock(name: name)
            let failure = #expect(throws: InstanceLock.Failure.self) { _ = try InstanceLock(name: name) }
            guard case .held(let holder)? = failure, holder.pid == getpid(), holder.name == name else {
                Issue.record("\(String(describing: failure))")
                return
            }
            withExtendedLifetime(lock) {}
        }
        // The thread that answers may take a moment to let go of the socket.
        for _ in 0..<100 {
            do { _ = try InstanceLock(name: name) } catch { usleep(10_000); continue }
            return
        }
        Issue.record("the name is still taken")
    }

    @Test("A reader keeps writers out, and is told of one that has the file open")
    func lease() throws {
        let folder = try Folder()
        let writer = try FileDescriptor.open(folder.file("a"), O_WRONLY | O_CREAT)
        let reader = try FileDescriptor.open(folder.file("a"), O_RDONLY)
        let whileWritten = reader.keepWritersOut()
        close(writer.release())
        let afterwards = reader.keepWritersOut()
        #expect(whileWritten == false && afterwards == true)
        let refused = #expect(throws: SystemError.self) {
            _ = try FileDescriptor.open(folder.file("a"), O_WRONLY | O_NONBLOCK).rawValue
        }
        #expect(refused?.errno == .wouldBlock)
    }
}

/// A flag that threads share.
private final class EventCount: Sendable {
    private let flag = Mutex(false)

    func raise() { flag.withLock { $0 = true } }

    func wait(milliseconds: Int) -> Bool {
        for _ in 0..<(milliseconds / 5) {
            if flag.withLock({ $0 }) { return true }
            usleep(5000)
        }
        return flag.withLock { $0 }
    }
}
