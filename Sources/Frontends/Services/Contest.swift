package import KubeModel

/// Frontends that the same Services claim, of which one serves them.
package struct Contest: Sendable, Hashable {
    package var frontends: [Frontend]
    /// The one that serves, then those that came lately; at least two, and nobody twice.
    package var services: [NamespacedName]
    /// How many Services claim the first of the frontends.
    package var claimants: Int
}

/// The claims that lately came beside others'.
///
/// However many claim one frontend, whoever takes these gets as much as there came since the last time.
struct Contests {
    private var newcomers: [(frontend: Frontend, services: [NamespacedName])] = []
    private var places: [Frontend: Int] = [:]

    mutating func add(_ service: NamespacedName, _ frontend: Frontend) {
        if let place = places[frontend] {
            newcomers[place].services.append(service)
        } else {
            places[frontend] = newcomers.count
            newcomers.append((frontend, [service]))
        }
    }

    /// Hands them over, those of the same Services as one.
    ///
    /// - Parameter claimants: all Services that claim a frontend, the one that serves it first.
    mutating func take(_ claimants: (Frontend) -> [NamespacedName]) -> [Contest] {
        defer { self = Contests() }
        var contests: [Contest] = []
        var known: [[NamespacedName]: Int] = [:]
        for (frontend, services) in newcomers {
            let all = claimants(frontend)
            guard let first = all.first, all.count > 1 else { continue }
            var seen: Set = [first]
            var named = [first] + services.filter { seen.insert($0).inserted }
            // A newcomer that serves: beside the one that did.
            if named.count == 1 { named.append(all[1]) }
            if let place = known[named] {
                contests[place].frontends.append(frontend)
            } else {
                known[named] = contests.count
                contests.append(Contest(frontends: [frontend], services: named, claimants: all.count))
            }
        }
        return contests
    }
}
