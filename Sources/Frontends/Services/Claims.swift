import KubeModel

/// A Service's wish to serve a frontend.
struct Claim {
    /// Older Services come first, those without a timestamp last, then the smaller namespace/name.
    let service: NamespacedName
    let creationTimestamp: String?
    let policy: FrontendPolicy

    func comes(before other: Claim) -> Bool {
        switch (creationTimestamp, other.creationTimestamp) {
        case (let a?, let b?) where a != b: a < b
        case (nil, _?): false
        case (_?, nil): true
        default: service < other.service
        }
    }
}

/// Who claims which frontend: nearly always one Service, and where several do, the first in the claims' order serves.
struct Claims {
    private var claims: [Frontend: [Claim]] = [:]

    /// What a new or withdrawn claim leads to.
    struct Outcome {
        /// Nobody claims the frontend any more.
        var isGone = false
        /// The policy that is in force from now on; nil where it did not change.
        var changedTo: FrontendPolicy?
        /// Another Service serves it than before, or one where there was none, or none.
        var isOfAnother = false
        /// The Service claims it for the first time, beside another.
        var isContested = false
    }

    /// Adds or replaces a Service's claim.
    mutating func set(_ frontend: Frontend, _ claim: Claim) -> Outcome {
        Self.put(claim, into: &claims[frontend, default: []])
    }

    private static func put(_ claim: Claim, into list: inout [Claim]) -> Outcome {
        guard let before = list.first else {
            list = [claim]
            return Outcome(changedTo: claim.policy, isOfAnother: true)
        }
        let known = list.count
        list.removeAll { $0.service == claim.service }
        list.insert(claim, at: list.firstIndex { claim.comes(before: $0) } ?? list.endIndex)
        return Outcome(from: before, to: list[0], isContested: list.count > known)
    }

    /// Takes a Service's claim back.
    mutating func remove(_ frontend: Frontend, _ service: NamespacedName) -> Outcome {
        guard var list = claims[frontend], let before = list.first else { return Outcome() }
        list.removeAll { $0.service == service }
        claims[frontend] = list.isEmpty ? nil : list
        return list.first.map { Outcome(from: before, to: $0) } ?? Outcome(isGone: true, isOfAnother: true)
    }

    /// All Services that claim the frontend, the one that serves it first.
    func services(of frontend: Frontend) -> [NamespacedName] { claims[frontend]?.map(\.service) ?? [] }
}

extension Claims.Outcome {
    /// What the serving claim's change leads to.
    fileprivate init(from before: Claim, to after: Claim, isContested: Bool = false) {
        self.init(
            changedTo: after.policy == before.policy ? nil : after.policy,
            isOfAnother: after.service != before.service, isContested: isContested)
    }
}
