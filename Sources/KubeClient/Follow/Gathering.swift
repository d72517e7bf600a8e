import KubeModel

/// What has come of a list that is not whole.
struct Gathering: Sendable {
    /// Of a list's first page; nil for a watch, whose end tells it.
    let version: ResourceVersion?
    /// What asks for the next page.
    var next: String?
    /// The objects that are there, unusable ones too.
    private(set) var present: Set<ObjectID> = []
    /// Which object came with the highest version, and that.
    private(set) var witness: Witness?
    private var objects: [KubeObject] = []
    /// Objects that came more than once, or went: of those the last counts.
    private var later: [ObjectID: KubeObject?] = [:]

    init(version: ResourceVersion?) { self.version = version }

    /// Takes an object's version.
    ///
    /// - Parameter object: nil for one that is unusable.
    mutating func set(_ id: ObjectID, _ object: KubeObject?, at version: ResourceVersion?) {
        if let version { Witness.note(id, version, in: &witness) }
        let isNew = present.insert(id).inserted
        guard let object else { return }
        if isNew, later[id] == nil { objects.append(object) } else { later[id] = object }
    }

    mutating func remove(_ id: ObjectID) {
        if witness?.id == id { witness = nil }
        present.remove(id)
        later[id] = .some(nil)
    }

    /// Each object once.
    var changes: [ObjectChange] {
        if later.isEmpty { return objects.map { .set($0) } }
        return objects.filter { later[$0.id] == nil }.map { .set($0) }
            + later.values.compactMap { $0.map { .set($0) } }
    }
}
