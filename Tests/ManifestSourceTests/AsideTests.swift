import ManifestSource
import Testing

/// When files are read aside, and when those that are being written are looked at again.
@Suite struct AsideTests {
    @Test("One batch is read at a time, and what changes meanwhile is read next")
    func batches() {
        var queue = AsideQueue()
        #expect(queue.start() == nil)
        queue.add(["a", "b"])
        #expect(queue.start() == ["a", "b"])
        queue.add(["b", "c"])
        #expect(queue.start() == nil)
        // What is read aside is older than what waits, but there it is.
        #expect(queue.finish() == ["a", "b"])
        #expect(queue.start() == ["b", "c"])
        #expect(queue.finish() == ["b", "c"])
        #expect(queue.start() == nil)
    }

    @Test("What is read at once overtakes what is read aside, and what waits for that")
    func overtaking() {
        var queue = AsideQueue()
        queue.add(["a", "b"])
        _ = queue.start()
        queue.add(["c", "d"])
        queue.overtake(["b", "c", "e"])
        #expect(queue.finish() == ["a"])
        #expect(queue.start() == ["d"])
        #expect(queue.finish() == ["d"])
    }

    @Test("Files that are being written are looked at soon, then ever less often, and soon again for a new one")
    func looks() {
        var looks = CloseLooks()
        #expect(looks.patience(now: 0) == nil)
        #expect(looks.take(now: 1_000_000_000) == false)
        var now: UInt64 = 1_000_000_000
        var pauses: [Int] = []
        for _ in 0..<7 {
            looks.await(1, now: now)
            let pause = looks.patience(now: now) ?? 0
            #expect(looks.take(now: now) == false)
            pauses.append(pause)
            now += UInt64(pause) * 1_000_000
            #expect(looks.take(now: now) == true)
        }
        #expect(pauses == [2, 4, 8, 16, 32, 50, 50])
        looks.await(2, now: now)
        #expect(looks.patience(now: now) == 2)
        looks.await(0, now: now)
        #expect(looks.patience(now: now) == nil)
    }
}
