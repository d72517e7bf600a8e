package import KubeModel

/// Follows the objects of one kind: decides what to ask a server for, and what of its answers is true.
///
/// Neither a clean end nor an error says that all was told, so a version is gone on from only where something that came
/// with it was taken, and a list counts only whole (`kube-api` facts 1 to 4, 10, 12). No connection, no clock: whoever
/// carries the requests out tells what came.
package struct Follower: Sendable {
    package let kind: ObjectID.Kind
    /// Servers may not have the kind, or not show it: then there are no objects of it.
    private let isOptional: Bool
    /// The objects that were handed over and not taken back.
    private var known: Set<ObjectID> = []
    /// Those of them, and others, of which the present version is unusable.
    package private(set) var unusable: Set<ObjectID> = []
    /// The version behind which a watch goes on; nil where all objects have to be asked for.
    private(set) var version: ResourceVersion?
    /// What tells the store from one that was put back; nil where nothing does.
    package private(set) var witness: Witness?
    /// What has come of a list that is not whole.
    private var gathered: Gathering?
    private var backoff = Backoff()
    /// The wait before the next request, where it is decided already.
    private var delay = 0
    private var canWatchLists = true
    /// Pages of a list expired while they were fetched; after two such the list is asked for in one piece.
    private var expiredPages = 0
    /// The server may be another one than the one that gave the version.
    private var isDoubted = false
    /// It was, and could not be asked.
    private var isUnproven = false
    /// For how long a kind that may be missing has been refused, in milliseconds.
    private var refusedFor = 0
    private var notes: [FollowNote] = []
    private let random: @Sendable (ClosedRange<Int>) -> Int

    /// All objects were known once.
    package private(set) var isSynchronized = false

    /// In milliseconds: clients that a restarted server sends away together come back within this time.
    private static let spread = 1000
    /// In milliseconds: a server that has just begun refuses for half of that what it allows then.
    private static let refusalPatience = 3000

    package init(
        _ kind: ObjectID.Kind, isOptional: Bool = false,
        random: @escaping @Sendable (ClosedRange<Int>) -> Int = { Int.random(in: $0) }
    ) {
        self.kind = kind
        self.isOptional = isOptional
        self.random = random
    }

    /// Hands over what a log is to say since the last call.
    package mutating func takeNotes() -> [FollowNote] {
        defer { notes = [] }
        return notes
    }

    // MARK: what to ask for

    package mutating func next() -> FollowStep {
        defer { delay = 0 }
        let request: FollowRequest =
            if let next = gathered?.next {
                .list(next: next)
            } else if let version {
                isDoubted ? .probe : .watch(from: version.text)
            } else {
                canWatchLists ? .watchList : .list(next: nil)
            }
        if case .list(.some) = request {} else { gathered = nil }
        return FollowStep(request: request, delay: delay, seconds: seconds(for: request))
    }

    /// A page is limited only where all of a list are: a limit without a version is never served from an old state.
    package var limit: Int? { expiredPages < 2 ? 500 : nil }

    private func seconds(for request: FollowRequest) -> Int {
        switch request {
        case .watch where isUnproven: 30
        case .watchList, .watch: random(300...600)
        case .list: 60
        case .probe: 5
        }
    }

    // MARK: what came

    /// Takes the answer to a probe.
    ///
    /// - Parameter highest: what was heard of other kinds; nil for nothing.
    /// - Returns: whether the store was put back.
    package mutating func take(probe page: ListPage, highest: String? = nil) -> Bool {
        (isDoubted, isUnproven) = (false, false)
        let highest = highest.flatMap(ResourceVersion.init)
        guard let listVersion = ResourceVersion(page.resourceVersion) else { return false }
        if let known = [version, highest].compactMap(\.self).first(where: { listVersion.isBehind($0) }) {
            notes.append(.wentBack(from: known.text, to: listVersion.text))
            version = nil
            return true
        }
        if let witness,
            !page.objects.contains(where: { $0.id == witness.id && $0.resourceVersion == witness.version.text })
        {
            // It may have changed since, or the store is another one: nobody can tell.
            notes.append(.unproven(witness.id))
            version = nil
        }
        return false
    }

    /// The store was put back, as another kind's probe found: all objects have to be asked for.
    mutating func distrust() { (version, gathered, witness) = (nil, nil, nil) }

    /// Takes a page of a list.
    ///
    /// - Returns: what differs, once a list is whole.
    package mutating func take(_ page: ListPage, for request: FollowRequest) -> [ObjectChange] {
        guard let listVersion = ResourceVersion(page.resourceVersion) else { return [] }
        // Of the first page: a later one may be newer than the first page's objects.
        var gathering = gathered ?? Gathering(version: listVersion)
        for object in page.objects {
            gathering.set(object.id, accepted(object), at: ResourceVersion(object.resourceVersion))
        }
        gathering.next = page.next
        guard page.next == nil else {
            gathered = gathering
            return []
        }
        expiredPages = 0
        return complete(gathering, at: gathering.version)
    }

    /// Takes an event of a watch.
    ///
    /// - Returns: what differs now; nil where the watch has ended with it.
    package mutating func take(_ event: WatchEvent, for request: FollowRequest) -> [ObjectChange]? {
        if request == .watchList, gathered == nil, version == nil { gathered = Gathering(version: nil) }
        if case .error(let status) = event {
            // It comes over the connection that gave the version.
            let wasDoubted = isDoubted
            refuse(status, for: request)
            isDoubted = wasDoubted
            return nil
        }
        // Initial events without their end are no success.
        if gathered == nil { backoff.reset() }
        switch event {
        case .error: return nil
        case .set(let object):
            let accepted = accepted(object)
            if gathered != nil {
                gathered?.set(object.id, accepted, at: ResourceVersion(object.resourceVersion))
                return []
            }
            advance(to: object.resourceVersion)
            if let version { Witness.note(object.id, version, in: &witness) }
            guard let accepted else { return [] }
            known.insert(object.id)
            return [.set(accepted)]
        case .removed(let id, let resourceVersion):
            unusable.remove(id)
            if gathered != nil {
                gathered?.remove(id)
                return []
            }
            advance(to: resourceVersion)
            if witness?.id == id { witness = nil }
            return known.remove(id) == nil ? [] : [.removed(id)]
        case .bookmark(let resourceVersion, let endsInitialEvents):
            guard let gathering = gathered else {
                advance(to: resourceVersion)
                return []
            }
            guard endsInitialEvents, let marked = ResourceVersion(resourceVersion) else { return [] }
            return complete(gathering, at: marked)
        }
    }

    private mutating func advance(to resourceVersion: String) {
        if let new = ResourceVersion(resourceVersion) { version = new }
    }

    /// The object where it can be used; what was known of it stays where not.
    private mutating func accepted(_ object: ReceivedObject) -> KubeObject? {
        for remark in object.remarks { notes.append(.remark(object.id, remark)) }
        if let refusal = object.refusal {
            unusable.insert(object.id)
            notes.append(.unusable(object.id, refusal))
        } else {
            unusable.remove(object.id)
        }
        return object.object
    }

    /// Takes a whole list for what there is: what it does not hold is gone.
    private mutating func complete(_ gathering: Gathering, at version: ResourceVersion?) -> [ObjectChange] {
        gathered = nil
        backoff.reset()
        let present = gathering.present
        if present.isEmpty, !known.isEmpty { notes.append(.emptied(known.count)) }
        let gone = known.subtracting(present)
        let changes = gathering.changes + gone.map { .removed($0) }
        unusable.formIntersection(present)
        known.formIntersection(present)
        for case .set(let object) in gathering.changes { known.insert(object.id) }
        self.version = version
        witness = gathering.witness
        (isSynchronized, isDoubted, isUnproven, refusedFor) = (true, false, false, 0)
        notes.append(.synchronized(present.count))
        return changes
    }

    // MARK: what went wrong

    /// Takes an answer that is no success, or an error that a watch ended with.
    ///
    /// - Parameter retryAfter: the answer's `Retry-After`, in seconds.
    /// - Returns: what differs: a kind that the server does not have any more has no objects.
    @discardableResult
    package mutating func refuse(
        _ status: APIStatus, retryAfter: Int? = nil, for request: FollowRequest
    ) -> [ObjectChange] {
        let wish = retryAfter ?? status.retryAfterSeconds
        switch (status.code, request) {
        case (_, .list(.some)) where status.isExpired:
            // The token that such an answer offers goes on in another state of the list.
            expiredPages += 1
            gathered = nil
            delay = random(0...Self.spread)
        case _ where status.isExpired:
            if version != nil {
                notes.append(.expired)
                delay = random(0...Self.spread)
            } else {
                delay = backoff.delay(wish: wish, random)
            }
            version = nil
        case (400, .watchList), (422, .watchList):
            canWatchLists = false
            notes.append(.listsInPages)
        case (404, _) where isOptional:
            if !isSynchronized || !known.isEmpty { notes.append(.missing) }
            defer { (known, unusable) = ([], []) }
            (gathered, version, witness, isSynchronized) = (nil, nil, nil, true)
            delay = Backoff.longest
            return known.map { .removed($0) }
        case (500, .probe), (504, .probe):
            // Without its store a server serves watches from its memory, and lists not at all.
            (isDoubted, isUnproven) = (false, true)
            delay = backoff.delay(wish: wish, random)
        default:
            gathered = nil
            notes.append(.refused(status))
            delay = backoff.delay(wish: wish, random)
            // Whoever answers in the server's place may do so until another one is there.
            if request.isWatch, version != nil { isDoubted = true }
            if isOptional, status.code == 403 {
                refusedFor += delay
                if refusedFor >= Self.refusalPatience { isSynchronized = true }
            }
        }
        return []
    }

    /// Takes the end of an exchange, whatever came before.
    ///
    /// - Parameter isOnTime: it lasted as long as the server was given.
    package mutating func end(_ end: FollowEnd, isOnTime: Bool = false, for request: FollowRequest) {
        switch end {
        case .clean:
            guard request.isWatch else { return }
            // A watch that ends before all its initial objects came is no list.
            if gathered != nil || version == nil {
                gathered = nil
                delay = max(delay, backoff.delay(random))
            } else if !isOnTime {
                isDoubted = true
                delay = max(delay, backoff.delay(random))
            } else if isUnproven {
                isDoubted = true
            }
        case .lost, .unreadable:
            gathered = nil
            delay = backoff.delay(random)
            guard version != nil else { return }
            // A server that lists nothing in the time that it was given may have no store, and then a watch does without.
            if request == .probe, isOnTime { (isDoubted, isUnproven) = (false, true) } else { isDoubted = true }
        }
    }
}
