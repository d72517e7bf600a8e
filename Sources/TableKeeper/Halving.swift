/// Finds what is at fault in a batch that is refused as a whole.
package enum Halving {
    /// Applies as much of a batch as is accepted: the whole, else each half by itself, down to single objects.
    ///
    /// With k objects at fault among n it takes about 2k log2(n) attempts, 2n at most.
    ///
    /// - Parameters:
    ///   - isAtFault: whether an error speaks of what was tried; any other one ends it all.
    ///   - attempt: applies objects beside those that it has applied before, all of them or none.
    /// - Returns: the objects that were refused, each with the reason.
    package static func apply<Object, Failure: Error>(
        _ objects: ArraySlice<Object>, isAtFault: (Failure) -> Bool,
        _ attempt: (ArraySlice<Object>) throws(Failure) -> Void
    ) throws(Failure) -> [(object: Object, reason: Failure)] {
        if objects.isEmpty { return [] }
        do throws(Failure) {
            try attempt(objects)
            return []
        } catch {
            guard isAtFault(error) else { throw error }
            if objects.count == 1, let object = objects.first { return [(object, error)] }
        }
        let middle = objects.startIndex + objects.count / 2
        let first = try apply(objects[..<middle], isAtFault: isAtFault, attempt)
        return first + (try apply(objects[middle...], isAtFault: isAtFault, attempt))
    }
}
