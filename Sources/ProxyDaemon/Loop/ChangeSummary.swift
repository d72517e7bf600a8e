import KubeModel
import Logging

/// What the source has said since the last commit, for one line of the log.
struct ChangeSummary {
    private var firsts: [ObjectID] = []
    private var counts: [ObjectID.Kind: Int] = [:]
    private var total = 0

    /// So many objects are named, and the others counted.
    private static let named = 4

    var isEmpty: Bool { total == 0 }

    mutating func note(_ changes: [ObjectChange]) {
        total += changes.count
        for change in changes {
            let id = change.id
            if firsts.count < Self.named, !firsts.contains(id) { firsts.append(id) }
            counts[id.kind, default: 0] += 1
        }
    }

    /// Takes in what another one has.
    mutating func add(_ other: ChangeSummary) {
        total += other.total
        for id in other.firsts where firsts.count < Self.named && !firsts.contains(id) { firsts.append(id) }
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    mutating func clear() { self = ChangeSummary() }

    /// `Service default/web, EndpointSlice default/web-1 and 3 more`.
    var names: String { enumeration(firsts, of: total) }

    /// The number of objects by their kind.
    var metadata: Logger.Metadata {
        Logger.Metadata(uniqueKeysWithValues: counts.map { ($0.key.rawValue, "\($0.value)") })
    }
}
