/// Which files are read aside, so that those that take long hold up nobody else's changes.
///
/// Those that wait are read together, so that an object that moves between them is never gone. Of one file the readings
/// count in the order of its changes.
package struct AsideQueue {
    /// What is being read.
    package private(set) var current: Set<String> = []
    /// What is read next.
    package private(set) var waiting: Set<String> = []
    /// Those of `current` that were read again meanwhile: what is found aside is older.
    private var overtaken: Set<String> = []

    package init() {}

    package mutating func add(_ names: Set<String>) { waiting.formUnion(names) }

    /// Takes note of files that are read at once.
    package mutating func overtake(_ names: Set<String>) {
        if current.isEmpty && waiting.isEmpty { return }
        waiting.subtract(names)
        overtaken.formUnion(names.intersection(current))
    }

    /// The files to begin with now; nil while others are being read, and where there are none.
    package mutating func start() -> Set<String>? {
        guard current.isEmpty, !waiting.isEmpty else { return nil }
        swap(&current, &waiting)
        return current
    }

    /// Ends what was begun.
    ///
    /// - Returns: the files whose readings count.
    package mutating func finish() -> Set<String> {
        defer { (current, overtaken) = ([], []) }
        return current.subtracting(overtaken)
    }
}
