import Frontends

/// What all frontends alike have in common: how they are masqueraded and how many backends they choose from.
///
/// A frontend's element holds its shape as a class id, and one chain serves every frontend of a shape. The class id's
/// major number is the kind, its minor number the count: nft lists a shape of three backends as `1:3`.
struct Shape: Hashable, Comparable {
    enum Kind: UInt32 {
        /// No backends: connections are refused.
        case refuse = 0
        /// An address, masqueraded from outside the cluster only.
        case pick = 1
        /// An address, always masqueraded.
        case masquerade = 2
        /// A node port, always masqueraded.
        case nodePort = 3
    }

    let kind: Kind
    /// 1 to 65535.
    let count: UInt32

    static let refuse = Shape(kind: .refuse, count: 1)

    /// The largest number of backends that a class id can hold; a pool's further backends are not chosen.
    static let largestCount = 0xffff

    private init(kind: Kind, count: UInt32) {
        self.kind = kind
        self.count = count
    }

    /// The shape of a frontend with so many backends.
    init(_ frontend: Frontend, _ masquerade: Masquerade, backends: Int) {
        guard backends > 0 else {
            self = .refuse
            return
        }
        count = UInt32(min(backends, Self.largestCount))
        switch (frontend.destination, masquerade) {
        case (.nodePort, _): kind = .nodePort
        case (_, .always): kind = .masquerade
        case (_, .fromOutsideCluster): kind = .pick
        }
    }

    /// Reads a class id; nil for one that Fairway does not make.
    init?(classID: UInt32) {
        guard let kind = Kind(rawValue: classID >> 16), classID & 0xffff != 0 else { return nil }
        self.init(kind: kind, count: classID & 0xffff)
        if kind == .refuse, self != .refuse { return nil }
    }

    /// Never 0, which nft lists as `none`.
    var classID: UInt32 { kind.rawValue << 16 | count }

    var chainName: String {
        switch kind {
        case .refuse: "refuse"
        case .pick: "pick-\(count)"
        case .masquerade: "masquerade-\(count)"
        case .nodePort: "node-port-\(count)"
        }
    }

    /// The masquerading of a frontend of this shape.
    var masquerade: Masquerade { kind == .pick || kind == .refuse ? .fromOutsideCluster : .always }

    static func < (a: Shape, b: Shape) -> Bool { a.classID < b.classID }
}
