package import NetworkTypes

/// Which connections to a frontend leave with the node's own address as their source.
package enum Masquerade: UInt8, Sendable, Hashable {
    /// Those that do not come from a pod; none where nobody knows which do. For cluster IPs.
    case fromOutsideCluster
    /// All, so that answers pass this node again. For addresses that are reached from outside.
    case always
}

/// What becomes of connections to a frontend that has no backend.
package enum Refusal: UInt8, Sendable, Hashable {
    /// The client is told.
    case refuse
    /// Nobody answers: endpoints exist, but not where they may be looked for.
    case drop
}

/// Some of the backends of one port of a Service in one family; all frontends that choose from the same share them.
package struct PoolID: Sendable, Hashable, Comparable {
    /// Given once and never again; pools of the rules count from 1.
    package let number: Int
    package let family: IPFamily
    /// Of this node's backends only.
    package let isLocal: Bool

    package init(_ number: Int, _ family: IPFamily, isLocal: Bool = false) {
        self.number = number
        self.family = family
        self.isLocal = isLocal
    }

    /// Numbers hardly ever repeat in the other family, and every change looks for pools several times.
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }

    package static func < (a: PoolID, b: PoolID) -> Bool { (a.number, a.family) < (b.number, b.family) }
}

/// A client's connections to a port of a Service go to one backend, whichever of its frontends they come to.
///
/// The frontends of the port choose from two pools at most, of which one is local; a client's backend is the same in both
/// as far as it is in both.
package struct Affinity: Sendable, Hashable {
    /// The same for all frontends of a Service's port in a family; given once and never again, counted from 1.
    package let number: Int
    /// How long a client's choice outlives its last new connection: 1 to 86400.
    package let seconds: UInt32

    package init(number: Int, seconds: UInt32) {
        self.number = number
        self.seconds = seconds
    }
}

/// How a frontend is served.
package struct FrontendPolicy: Sendable, Hashable {
    package let pool: PoolID
    package let masquerade: Masquerade
    /// The backends of this node, for `externalTrafficPolicy: Local`; nil where all clients are treated alike.
    ///
    /// Who is neither a pod nor the node itself chooses from these alone, with its own address, and is dropped where there
    /// is none. Pods choose from all, with their own address too, and the node from all, masqueraded.
    package let local: PoolID?
    /// nil where every connection chooses anew.
    package let affinity: Affinity?
    /// What becomes of connections while the pool is empty.
    package let whenEmpty: Refusal
    /// Who may connect, in ranges that neither overlap nor touch; empty for everybody.
    package let sources: [AddressRange]
    /// `namespace/name:port` of the Service, for people who read rules.
    package let owner: String

    package init(
        pool: PoolID, masquerade: Masquerade, local: PoolID? = nil, affinity: Affinity? = nil,
        whenEmpty: Refusal = .refuse, sources: [AddressRange] = [], owner: String
    ) {
        self.pool = pool
        self.masquerade = masquerade
        self.local = local
        self.affinity = affinity
        self.whenEmpty = whenEmpty
        self.sources = sources
        self.owner = owner
    }
}
