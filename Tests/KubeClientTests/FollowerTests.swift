import KubeClient
import KubeModel
import Testing

/// What a follower asks for and believes, without a server; numbers in brackets are those of the measured facts.
@Suite struct FollowerTests {
    private var follower = Follower(.service) { $0.lowerBound }
    private var objects: Set<String> = []

    private func name(_ id: ObjectID) -> String { id.name.name }

    private mutating func apply(_ changes: [ObjectChange]?) {
        for change in changes ?? [] {
            if case .set = change { objects.insert(name(change.id)) } else { objects.remove(name(change.id)) }
        }
    }

    private mutating func take(_ event: WatchEvent, for request: FollowRequest) {
        apply(follower.take(event, for: request))
    }

    private mutating func take(_ page: ListPage, for request: FollowRequest) {
        if request == .probe { _ = follower.take(probe: page) } else { apply(follower.take(page, for: request)) }
    }

    /// Begins with these objects at a version.
    private mutating func begin(_ names: [String], version: Int = 10) throws {
        #expect(follower.next().request == .watchList)
        for name in names { take(try event("ADDED", name, version: 1), for: .watchList) }
        take(try bookmark(version, ends: true), for: .watchList)
        #expect(objects == Set(names) && follower.isSynchronized)
    }

    @Test("A watch begins with all objects and goes on behind the last version, whatever brought it")
    mutating func watchList() throws {
        #expect(!follower.isSynchronized)
        try begin(["a", "b"])
        take(try event("MODIFIED", "c", version: 12), for: .watchList)
        take(try event("DELETED", "a", version: 15), for: .watchList)
        #expect(objects == ["b", "c"])
        follower.end(.clean, isOnTime: true, for: .watchList)
        #expect(follower.next().request == .watch(from: "15"))
        take(try bookmark(40), for: .watch(from: "15"))
        follower.end(.clean, isOnTime: true, for: .watch(from: "15"))
        let step = follower.next()
        #expect((step.request, step.delay) == (.watch(from: "40"), 0))
    }

    @Test("Initial objects without their end are no list, and nothing of them is believed (2)")
    mutating func truncatedWatchList() throws {
        _ = follower.next()
        take(try event("ADDED", "a", version: 11), for: .watchList)
        follower.end(.clean, isOnTime: true, for: .watchList)
        #expect(objects.isEmpty && !follower.isSynchronized)
        let step = follower.next()
        #expect((step.request, step.delay) == (.watchList, 200))
        take(try event("ADDED", "b", version: 12), for: .watchList)
        take(try bookmark(20, ends: true), for: .watchList)
        #expect(objects == ["b"])
    }

    @Test("What goes while the initial objects still come is not there at their end")
    mutating func changesAmongInitialEvents() throws {
        try begin(["a", "b"])
        apply(follower.take(.error(APIStatus(code: 410)), for: .watch(from: "10")))
        #expect(follower.next().request == .watchList)
        for name in ["a", "b", "c"] { take(try event("ADDED", name, version: 1), for: .watchList) }
        take(try event("DELETED", "b", version: 20), for: .watchList)
        take(try event("DELETED", "c", version: 21), for: .watchList)
        take(try event("ADDED", "c", version: 22), for: .watchList)
        #expect(objects == ["a", "b"])
        take(try bookmark(25, ends: true), for: .watchList)
        #expect(objects == ["a", "c"])
    }

    @Test("A watch that expired, as an event or as an answer, asks for all anew and finds what has gone (7, 8)")
    mutating func expired() throws {
        for isEvent in [true, false] {
            follower = Follower(.service) { $0.lowerBound }
            objects = []
            try begin(["a", "b"])
            let status = APIStatus(code: 410, reason: "Expired", message: "too old resource version: 2 (162)")
            if isEvent {
                #expect(follower.take(.error(status), for: .watch(from: "10")) == nil)
            } else {
                follower.refuse(status, for: .watch(from: "10"))
            }
            #expect(follower.next().request == .watchList)
            take(try event("ADDED", "b", version: 1), for: .watchList)
            #expect(objects == ["a", "b"])
            take(try bookmark(50, ends: true), for: .watchList)
            #expect(objects == ["b"])
            #expect(follower.takeNotes().contains(.expired))
        }
    }

    @Test("A server without watch lists is asked for pages, and never for a token's other state (9, 10, 30)")
    mutating func pages() throws {
        _ = follower.next()
        follower.refuse(APIStatus(code: 422, reason: "Invalid"), for: .watchList)
        #expect(follower.next() == FollowStep(request: .list(next: nil), delay: 0, seconds: 60))
        take(try list(["a", "b"], version: 7, next: "x"), for: .list(next: nil))
        #expect(objects.isEmpty)
        #expect(follower.next().request == .list(next: "x"))
        follower.refuse(APIStatus(code: 410, reason: "Expired"), for: .list(next: "x"))
        #expect(follower.next().request == .list(next: nil))
        take(try list(["a", "b"], version: 8, next: "y"), for: .list(next: nil))
        take(try list(["c"], version: 9), for: .list(next: "y"))
        #expect(objects == ["a", "b", "c"])
        // Behind the first page's version.
        #expect(follower.next().request == .watch(from: "8"))
        #expect(follower.limit == 500)
    }

    @Test("Pages that expire again and again give way to one list")
    mutating func expiringPages() throws {
        follower.refuse(APIStatus(code: 422), for: .watchList)
        for _ in 0..<2 {
            take(try list(["a"], version: 7, next: "x"), for: .list(next: nil))
            #expect(follower.limit == 500)
            follower.refuse(APIStatus(code: 410), for: .list(next: "x"))
        }
        #expect(follower.limit == nil)
    }

    @Test("After a lost connection a cheap list tells a store that was put back, and all objects are asked for (12)")
    mutating func wentBack() throws {
        try begin(["a", "b"], version: 372)
        follower.end(.lost, for: .watch(from: "372"))
        #expect(follower.next() == FollowStep(request: .probe, delay: 200, seconds: 5))
        take(try list([], version: 220), for: .probe)
        #expect(objects == ["a", "b"])
        #expect(follower.next().request == .watchList)
        take(try event("ADDED", "a", version: 1), for: .watchList)
        take(try bookmark(221, ends: true), for: .watchList)
        #expect(objects == ["a"])
        #expect(follower.takeNotes().contains(.wentBack(from: "372", to: "220")))
    }

    @Test("The same server goes on where it was; an early clean end is asked about as well (3, 15, 24)")
    mutating func lost() throws {
        try begin(["a"], version: 9)
        for end in [FollowEnd.lost, .unreadable, .clean] {
            follower.end(end, for: .watch(from: "9"))
            #expect(follower.next().request == .probe)
            take(try list(["a"], version: 10), for: .probe)
            #expect(follower.next().request == .watch(from: "9"))
        }
        // By numbers, not by texts.
        #expect(objects == ["a"])
    }

    @Test("What was told of last has to be there as it was, or all objects are asked for; what is gone proves nothing")
    mutating func witness() throws {
        try begin(["a", "b"], version: 9)
        take(try event("MODIFIED", "a", version: 12), for: .watch(from: "9"))
        #expect(follower.witness?.id.name.name == "a")
        follower.end(.lost, for: .watch(from: "12"))
        let target = Resource.forServices(onNode: "n")[0].target(
            of: follower.next(), limit: nil, witness: follower.witness?.id)
        #expect(target.hasPrefix("/api/v1/namespaces/shop/services?labelSelector="), "\(target)")
        #expect(target.hasSuffix("&limit=1&timeout=5s&fieldSelector=metadata.name%3Da"), "\(target)")
        take(try list(["a"], version: 40, objects: 12), for: .probe)
        #expect(follower.next().request == .watch(from: "12"))
        follower.end(.lost, for: .watch(from: "12"))
        _ = follower.next()
        // The store has come past 12 by other ways.
        take(try list(["a"], version: 40, objects: 11), for: .probe)
        #expect(follower.next().request == .watchList && objects == ["a", "b"])
        #expect(follower.takeNotes().contains { if case .unproven = $0 { true } else { false } })
        take(try bookmark(41, ends: true), for: .watchList)
        #expect(objects.isEmpty && follower.witness == nil)
        take(try event("ADDED", "c", version: 42), for: .watchList)
        take(try event("DELETED", "c", version: 43), for: .watchList)
        #expect(follower.witness == nil)
        follower.end(.lost, for: .watch(from: "43"))
        _ = follower.next()
        take(try list([], version: 44), for: .probe)
        #expect(follower.next().request == .watch(from: "43"))
    }

    @Test("A server without its store lists nothing: the watch goes on, and the question stays open (22)")
    mutating func storeAway() throws {
        try begin(["a"], version: 9)
        follower.end(.lost, for: .watch(from: "9"))
        _ = follower.next()
        follower.refuse(APIStatus(code: 504, message: "etcd"), for: .probe)
        let step = follower.next()
        #expect((step.request, step.seconds) == (.watch(from: "9"), 30))
        follower.end(.clean, isOnTime: true, for: .watch(from: "9"))
        #expect(follower.next().request == .probe)
        take(try list([], version: 3), for: .probe)
        #expect(follower.next().request == .watchList)
    }

    @Test(
        "A probe is repeated while a server only begins, and given up where it lists nothing in its time (19, 20, 22)")
    mutating func probes() throws {
        try begin(["a"], version: 9)
        follower.end(.lost, for: .watch(from: "9"))
        for code in [403, 401, 429, 503] {
            #expect(follower.next().request == .probe)
            follower.refuse(APIStatus(code: code), for: .probe)
        }
        #expect(follower.next().request == .probe)
        follower.end(.lost, for: .probe)
        #expect(follower.next().request == .probe)
        follower.end(.lost, isOnTime: true, for: .probe)
        let step = follower.next()
        #expect((step.request, step.seconds) == (.watch(from: "9"), 30))
    }

    @Test("Errors that do not concern the version keep it, and pauses grow up to half a minute (11, 19, 22)")
    mutating func refused() throws {
        follower = Follower(.service) { $0.upperBound }
        try begin(["a"])
        var delays: [Int] = []
        for code in [500, 503, 403, 401, 504, 500, 500] {
            #expect(follower.take(.error(APIStatus(code: code)), for: .watch(from: "10")) == nil)
            let step = follower.next()
            #expect(step.request == .watch(from: "10"))
            delays.append(step.delay)
        }
        #expect(delays == [600, 1800, 5400, 16200, 30000, 30000, 30000])
        #expect(objects == ["a"])
        take(try event("ADDED", "b", version: 11), for: .watch(from: "10"))
        #expect(follower.take(.error(APIStatus(code: 500)), for: .watch(from: "10")) == nil)
        #expect(follower.next().delay == 600)
    }

    @Test("A server's wish to be left alone is granted, up to half a minute (25, 26)")
    mutating func retryAfter() throws {
        follower.refuse(APIStatus(code: 429), retryAfter: 16, for: .watchList)
        #expect(follower.next().delay == 16_000)
        follower.refuse(APIStatus(code: 429, retryAfterSeconds: 86_400), for: .watchList)
        #expect(follower.next().delay == 30_000)
    }

    @Test("A kind that the server does not have has no objects; a Service's is never taken for that")
    mutating func missing() {
        follower.refuse(APIStatus(code: 404), for: .watchList)
        #expect(!follower.isSynchronized)
        follower = Follower(.serviceCIDR, isOptional: true) { $0.lowerBound }
        follower.refuse(APIStatus(code: 404), for: .watchList)
        #expect(follower.isSynchronized)
        #expect(follower.next() == FollowStep(request: .watchList, delay: 30_000, seconds: 300))
        follower = Follower(.serviceCIDR, isOptional: true) { $0.lowerBound }
        // A server that has just begun refuses for a second and a half what it allows then.
        var waited = 0
        while waited < 3000 {
            #expect(!follower.isSynchronized)
            follower.refuse(APIStatus(code: 403), for: .watchList)
            waited += follower.next().delay
        }
        #expect(follower.isSynchronized)
    }

    @Test("A kind that the server does not have any more takes its objects along")
    mutating func gone() throws {
        follower = Follower(.service, isOptional: true) { $0.lowerBound }
        try begin(["a", "b"])
        apply(follower.refuse(APIStatus(code: 404), for: .watch(from: "10")))
        #expect(objects.isEmpty && follower.isSynchronized)
        #expect(follower.takeNotes().contains(.missing))
        #expect(follower.next() == FollowStep(request: .watchList, delay: 30_000, seconds: 300))
        #expect(follower.refuse(APIStatus(code: 404), for: .watchList).isEmpty)
        #expect(!follower.takeNotes().contains(.missing))
    }

    @Test("Whoever refuses a watch in the server's place may be followed by another server: its version is asked for")
    mutating func refusedWatch() throws {
        for code in [403, 429, 502, 503] {
            follower = Follower(.service) { $0.lowerBound }
            objects = []
            try begin(["a"])
            follower.refuse(APIStatus(code: code), for: .watch(from: "10"))
            #expect(follower.next().request == .probe, "\(code)")
            #expect(follower.take(probe: try list([], version: 7)) == true)
            #expect(follower.next().request == .watchList && objects == ["a"])
        }
    }

    @Test("An unusable version leaves what was known, is counted, and goes with its object")
    mutating func unusable() throws {
        try begin(["a", "bad-b"].filter { $0 == "a" })
        take(try event("ADDED", "bad-b", version: 11), for: .watch(from: "10"))
        #expect(objects == ["a"] && follower.unusable.map(name) == ["bad-b"])
        follower.end(.clean, isOnTime: true, for: .watch(from: "10"))
        #expect(follower.next().request == .watch(from: "11"))
        take(try event("DELETED", "bad-b", version: 12), for: .watch(from: "11"))
        #expect(follower.unusable.isEmpty && objects == ["a"])
    }

    @Test("A list that is suddenly empty is obeyed, and said")
    mutating func emptied() throws {
        try begin(["a", "b"])
        follower.refuse(APIStatus(code: 410), for: .watch(from: "10"))
        _ = follower.next()
        take(try bookmark(99, ends: true), for: .watchList)
        #expect(objects.isEmpty)
        #expect(follower.takeNotes().contains(.emptied(2)))
    }
}
