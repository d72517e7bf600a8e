/// A list in words of which a few are named and the rest is counted, so that a line of a log stays short.
///
/// - Parameter count: of all, where more are meant than those that are given.
package func enumeration(
    _ elements: some Collection<some CustomStringConvertible>, of count: Int? = nil, atMost limit: Int = 5
) -> String {
    let named = elements.prefix(limit).map(\.description).joined(separator: ", ")
    let rest = max(count ?? 0, elements.count) - min(elements.count, limit)
    return rest > 0 ? "\(named) and \(rest) more" : named
}
