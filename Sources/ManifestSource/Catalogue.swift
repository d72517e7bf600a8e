package import KubeModel

/// Which file says what, and which file's word counts for each object.
///
/// Work is in proportion to the files that changed, whatever the number of files.
package struct Catalogue: Sendable {
    /// An object that two files contain.
    package struct Duplicate: Sendable, Hashable {
        package var id: ObjectID
        /// The file whose version is in force: the first in the order of names.
        package var winner: String
        package var others: [String]
    }

    package struct Update: Sendable, Hashable {
        package var changes: [ObjectChange] = []
        package var duplicates: [Duplicate] = []
    }

    fileprivate struct File {
        var objects = FileObjects()
        var failures: [ObjectID?] = []
    }

    private var files: [String: File] = [:]
    /// The files that contain an object, in the order of names; almost always one.
    private var providers: [ObjectID: Providers] = [:]
    /// How many documents and objects cannot be used at present.
    package private(set) var unreadable = 0
    /// The objects among them whose names are known.
    package var unreadableObjects: Set<ObjectID> { Set(failures.keys) }
    /// How often an object is among those that cannot be used.
    private var failures: [ObjectID: Int] = [:]

    package init() {}

    /// Takes new readings of some files.
    ///
    /// - Parameter batch: each file at most once; nil for a file that is gone.
    /// - Returns: what differs for the objects concerned between before and after the whole batch, so an object that
    ///   moves from one file to another changes only if its content does.
    package mutating func apply(_ batch: [(name: String, reading: FileReading?)]) -> Update {
        // In their order; what was in force is kept apart, because at the start nothing was.
        var touched: [ObjectID] = []
        var before: [ObjectID: KubeObject] = [:]
        var seen: Set<ObjectID> = []
        touched.reserveCapacity(batch.count)
        var provided: Set<ObjectID> = []
        var contested: [ObjectID] = []
        for (name, reading) in batch {
            let old = files[name] ?? File()
            let new = reading.map { File($0, keeping: old) }
            count(new?.failures ?? [], insteadOf: old.failures)
            let reported = reading.map { $0.objects.map(\.id) } ?? []
            for id in reported + old.objects.ids where seen.insert(id).inserted {
                touched.append(id)
                before[id] = object(id)
            }
            for id in old.objects.ids where new?.objects[id] == nil { withdraw(id, from: name) }
            if let new {
                for id in new.objects.ids where old.objects[id] == nil {
                    provide(id, in: name)
                    if providers[id]?.others.isEmpty == false, provided.insert(id).inserted { contested.append(id) }
                }
            }
            files[name] = new
        }
        seen = []
        var update = Update(duplicates: contested.compactMap(duplicate))
        update.changes.reserveCapacity(touched.count)
        for id in touched {
            if let change = change(id, before: before[id]) { update.changes.append(change) }
        }
        return update
    }

    /// Whether a file has an object that is not there in a new reading; nil for a file that is gone.
    package func loses(_ name: String, with reading: FileReading?) -> Bool {
        guard let old = files[name] else { return false }
        let new = reading.map { File($0, keeping: old) }
        return old.objects.ids.contains { new?.objects[$0] == nil }
    }

    /// The version of an object that is in force.
    package func object(_ id: ObjectID) -> KubeObject? {
        providers[id].flatMap { files[$0.first]?.objects[id] }
    }

    private func change(_ id: ObjectID, before: KubeObject?) -> ObjectChange? {
        let after = object(id)
        if before == after { return nil }
        return after.map(ObjectChange.set) ?? .removed(id)
    }

    private func duplicate(_ id: ObjectID) -> Duplicate? {
        guard let names = providers[id], !names.others.isEmpty else { return nil }
        return Duplicate(id: id, winner: names.first, others: names.others)
    }

    private mutating func provide(_ id: ObjectID, in name: String) {
        if providers[id]?.insert(name) == nil { providers[id] = Providers(first: name) }
    }

    private mutating func withdraw(_ id: ObjectID, from name: String) {
        if providers[id]?.remove(name) == false { providers[id] = nil }
    }

    private mutating func count(_ new: [ObjectID?], insteadOf old: [ObjectID?]) {
        unreadable += new.count - old.count
        for case let id? in new { failures[id, default: 0] += 1 }
        for case let id? in old {
            failures[id, default: 0] -= 1
            if failures[id] == 0 { failures[id] = nil }
        }
    }
}

/// The names of some files in their order, at least one: nearly always just one.
private struct Providers {
    private(set) var first: String
    private(set) var others: [String] = []

    init(first: String) { self.first = first }

    /// Puts a name where it belongs among thousands, perhaps.
    mutating func insert(_ name: String) {
        if name < first {
            others.insert(first, at: 0)
            first = name
        } else {
            others.insert(name, at: place(of: name))
        }
    }

    /// - Returns: false for the only one, which cannot be taken out.
    mutating func remove(_ name: String) -> Bool {
        if name == first {
            if others.isEmpty { return false }
            first = others.removeFirst()
            return true
        }
        let place = place(of: name)
        if place < others.count, others[place] == name { others.remove(at: place) }
        return true
    }

    /// The index of the first of the others that is not smaller.
    private func place(of name: String) -> Int {
        var (low, high) = (0, others.count)
        while low < high {
            let middle = (low + high) / 2
            if others[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Catalogue.File {
    /// - Parameter old: what the file said before; an object that it may still mean to contain, behind a document or an
    ///   object that cannot be used now, stays as it was.
    fileprivate init(_ reading: FileReading, keeping old: Catalogue.File) {
        failures = reading.failures
        guard !reading.failures.isEmpty else {
            objects = FileObjects(reading.objects)
            return
        }
        let broken = Set(reading.failures)
        let kept = old.objects.ids.filter { broken.contains($0) || broken.contains(nil) }
        objects = FileObjects(kept.compactMap { old.objects[$0] } + reading.objects)
    }
}
