import KubeModel

/// The objects of one file, by their ids: sorted, and no larger than it has to be, because nearly every file has one.
struct FileObjects {
    private var objects: [KubeObject] = []

    init() {}

    /// - Parameter list: of two with one id the last counts.
    init(_ list: [KubeObject]) {
        guard list.count > 1 else {
            objects = list
            return
        }
        let byID = Dictionary(list.map { ($0.id, $0) }) { _, last in last }
        objects = byID.values.sorted { Self.inOrder($0.id, $1.id) }
    }

    /// In their order.
    var ids: [ObjectID] { objects.map(\.id) }

    subscript(id: ObjectID) -> KubeObject? {
        var (low, high) = (0, objects.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.inOrder(objects[middle].id, id) { low = middle + 1 } else { high = middle }
        }
        return low < objects.count && objects[low].id == id ? objects[low] : nil
    }

    private static func inOrder(_ a: ObjectID, _ b: ObjectID) -> Bool {
        (a.kind.rawValue, a.name) < (b.kind.rawValue, b.name)
    }
}
