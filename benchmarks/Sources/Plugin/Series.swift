/// The times of several contenders that took turns.
struct Series {
    private let names: [String]
    private var adds: [[Double]]
    private var deletes: [[Double]]

    init(_ names: [String]) {
        self.names = names
        adds = names.map { _ in [] }
        deletes = adds
    }

    /// The contenders' order in a round: each is first as often as the others.
    func turn(_ round: Int) -> [Int] { names.indices.map { ($0 + round) % names.count } }

    mutating func record(_ index: Int, _ times: (add: Double, delete: Double)) {
        adds[index].append(times.add)
        deletes[index].append(times.delete)
    }

    /// Prints each one's times, and those of the others in proportion to the first one's, pair by pair.
    func print() {
        for (index, name) in names.enumerated() {
            Swift.print(
                "  \(name): ADD p50 \(milliseconds(adds[index].percentile(50))),",
                "p99 \(milliseconds(adds[index].percentile(99)));",
                "DEL p50 \(milliseconds(deletes[index].percentile(50))),",
                "p99 \(milliseconds(deletes[index].percentile(99))); \(adds[index].count) pods")
        }
        for index in names.indices.dropFirst() {
            Swift.print(
                "  \(names[index]) / \(names[0]): ADD \(zip(adds[index], adds[0]).map { $0 / $1 }.summary),",
                "DEL \(zip(deletes[index], deletes[0]).map { $0 / $1 }.summary)")
        }
    }
}
