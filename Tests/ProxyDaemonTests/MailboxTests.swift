import LinuxSystem
import ProxyDaemon
import Synchronization
import Testing

@Suite struct MailboxTests {
    @Test("What gathers while the reader is busy is taken together, in order")
    func gathering() throws {
        let mailbox = try Mailbox<Int>()
        for number in 0..<5 { mailbox.put(number) }
        #expect(mailbox.takeAll(timeout: 0).messages == [0, 1, 2, 3, 4])
        #expect(mailbox.takeAll(timeout: 0).messages == [])
    }

    @Test("Nothing is lost and nothing comes twice between two threads")
    func twoThreads() throws {
        let mailbox = try Mailbox<Int>()
        try DedicatedThread.start("writer") { for number in 0..<20_000 { mailbox.put(number) } }
        var taken: [Int] = []
        let deadline = MonotonicClock.now + 20_000_000_000
        while taken.count < 20_000, MonotonicClock.now < deadline { taken += mailbox.takeAll(timeout: 5000).messages }
        let isComplete = taken.elementsEqual(0..<20_000)
        #expect(isComplete)
    }

    @Test("Closing wakes a reader that would wait for ever")
    func closing() throws {
        let mailbox = try Mailbox<Int>()
        try DedicatedThread.start("closer") { mailbox.close() }
        #expect(mailbox.takeAll(timeout: nil).messages == [])
        #expect(mailbox.isClosed)
        #expect(mailbox.takeAll(timeout: nil).messages == [])
    }
}
