import Frontends

/// What all frontends alike have in common: who is masqueraded, and from how many backends they choose.
///
/// A frontend's element holds its shape as a class id, and one chain serves every frontend of a shape. The class id's
/// major number is the kind, its minor number the count: nft lists a shape of three backends as `1:3`.
struct Shape: Hashable, Comparable {
    /// The numbers are in tables that other releases adopt: none may ever mean something else.
    enum Kind: UInt32, CaseIterable {
        /// Without a choice; the count tells which.
        case fixed = 0
        /// A cluster IP: masqueraded from outside the cluster only.
        case pick = 1
        /// An address, always masqueraded.
        case masquerade = 2
        /// A node port, always masqueraded.
        case nodePort = 3
        /// An address, never masqueraded: what `external` leads to.
        case plain = 4
        case nodePortPlain = 5
        /// An address that keeps outsiders on this node: pods and the node itself choose from all backends.
        case external = 6
        case nodePortExternal = 7
        /// This node's backends of such an address, for outsiders.
        case local = 8
        case nodePortLocal = 9
        // From here on the count is the number of a Service's port with affinity.
        /// A cluster IP: masqueraded from outside the cluster only.
        case stickyPick = 10
        /// The same of a cluster IP that keeps everybody on this node.
        case stickyPickLocal = 11
        /// Always masqueraded.
        case stickyMasquerade = 12
        /// Never masqueraded: what `stickyExternal` leads to.
        case stickyPlain = 13
        /// This node's backends, for outsiders.
        case stickyLocal = 14
        /// Outsiders are kept on this node: pods and the node itself choose from all backends.
        case stickyExternal = 15
        // A number is chosen and nothing else is done: what ports with affinity lead to and come back from.
        case choose = 16
        /// Among the slots of this node's backends.
        case chooseLocal = 17
    }

    let kind: Kind
    /// 1 to 65535.
    let count: UInt32

    /// No backends: connections are refused.
    static let refuse = Shape(.fixed, 1)
    /// No backends where they may be looked for: connections are dropped.
    static let drop = Shape(.fixed, 2)
    /// A node port without backends.
    static let refuseNodePort = Shape(.fixed, 3)
    /// The source is looked at first; a second lookup tells the shape.
    static let check = Shape(.fixed, 4)

    /// Those whose chains are always there.
    static let fixed = [refuse, drop, refuseNodePort, check]

    var isFixed: Bool { kind == .fixed }

    /// The largest number of backends that a class id can hold; a pool's further backends are not chosen.
    static let largestCount = 0xffff

    init(_ kind: Kind, _ count: UInt32) {
        self.kind = kind
        self.count = count
    }

    private init(_ kind: Kind, _ number: StickyNumber) { self.init(kind, number.rawValue) }

    /// The choice among so many of a port's backends.
    init(choosing side: StickySide, among backends: Int) {
        self.init(side == .all ? .choose : .chooseLocal, UInt32(min(backends, StickySide.limit)))
    }

    /// The shape of a frontend with so many backends, whoever may connect.
    ///
    /// - Parameter sticky: its port's number where that has affinity.
    init(_ frontend: Frontend, _ policy: FrontendPolicy, backends: Int, sticky: StickyNumber? = nil) {
        let isNodePort = frontend.isNodePort
        guard backends > 0 else {
            self = policy.whenEmpty == .drop ? .drop : isNodePort ? .refuseNodePort : .refuse
            return
        }
        if let sticky {
            let isExternal = policy.masquerade == .always
            let local: Kind = isExternal ? .stickyExternal : .stickyPickLocal
            let all: Kind = isExternal ? .stickyMasquerade : .stickyPick
            self.init(policy.local != nil || policy.pool.isLocal ? local : all, sticky)
            return
        }
        let kind: Kind =
            if policy.local != nil {
                isNodePort ? .nodePortExternal : .external
            } else if isNodePort {
                .nodePort
            } else {
                policy.masquerade == .always ? .masquerade : .pick
            }
        self.init(kind, UInt32(min(backends, Self.largestCount)))
    }

    /// The shape of what outsiders choose from, with so many backends on this node.
    init(_ frontend: Frontend, localBackends: Int) {
        guard localBackends > 0 else {
            self = .drop
            return
        }
        self.init(frontend.isNodePort ? .nodePortLocal : .local, UInt32(min(localBackends, Self.largestCount)))
    }

    /// Reads a class id; nil for one that Fairway does not make.
    init?(classID: UInt32) {
        guard let kind = Kind(rawValue: classID >> 16), classID & 0xffff != 0 else { return nil }
        self.init(kind, classID & 0xffff)
        if isFixed, !Self.fixed.contains(self) { return nil }
        if kind.isSticky, sticky == nil { return nil }
    }

    /// The number of the Service's port with affinity whose chain this is.
    var sticky: StickyNumber? { kind.isSticky ? StickyNumber(rawValue: count) : nil }

    /// Which of that port's backends its frontends have, those that outsiders are kept to apart.
    var stickySide: StickySide { kind == .stickyPickLocal ? .local : .all }

    /// Never 0, which nft lists as `none`.
    var classID: UInt32 { kind.rawValue << 16 | count }

    var chainName: String {
        switch kind {
        case .fixed:
            switch self {
            case .refuse: "refuse"
            // `drop` is a word of nft's.
            case .drop: "discard"
            case .refuseNodePort: "refuse-node-port"
            default: "check"
            }
        case .pick: "pick-\(count)"
        case .masquerade: "masquerade-\(count)"
        case .nodePort: "node-port-\(count)"
        case .plain: "plain-\(count)"
        case .nodePortPlain: "node-port-plain-\(count)"
        case .external: "external-\(count)"
        case .nodePortExternal: "node-port-external-\(count)"
        case .local: "local-\(count)"
        case .nodePortLocal: "node-port-local-\(count)"
        case .stickyPick: "sticky-pick-\(count)"
        case .stickyPickLocal: "sticky-pick-local-\(count)"
        case .stickyMasquerade: "sticky-masquerade-\(count)"
        case .stickyPlain: "sticky-plain-\(count)"
        case .stickyLocal: "sticky-local-\(count)"
        case .stickyExternal: "sticky-external-\(count)"
        case .choose: "choose-\(count)"
        case .chooseLocal: "choose-local-\(count)"
        }
    }

    /// The shapes whose chains this one's chain goes to.
    var next: [Shape] {
        switch kind {
        case .external: [Shape(.plain, count)]
        case .nodePortExternal: [Shape(.nodePortPlain, count)]
        case .stickyExternal: [Shape(.stickyPlain, count), Shape(.stickyLocal, count)]
        default: []
        }
    }

    /// The maps that lead to its chain.
    ///
    /// There are several, because the kernel takes no chain that can be reached from itself: what is looked up from a chain
    /// that the first map leads to stands in another one.
    var entrances: [String] {
        switch kind {
        case .pick, .nodePort, .nodePortExternal, .stickyPick, .stickyPickLocal: [TableLayout.shapes]
        case .masquerade, .external, .stickyMasquerade, .stickyExternal:
            [TableLayout.shapes, TableLayout.checkedShapes]
        case .plain, .nodePortPlain, .local, .nodePortLocal: [TableLayout.localShapes]
        // A chain that another one names; the kernel walks through a map's chains once for each way there.
        case .stickyPlain, .stickyLocal: []
        case .choose, .chooseLocal: [TableLayout.choices]
        case .fixed:
            switch self {
            case .refuse: [TableLayout.shapes, TableLayout.checkedShapes]
            case .drop: [TableLayout.shapes, TableLayout.checkedShapes, TableLayout.localShapes]
            default: [TableLayout.shapes]
            }
        }
    }

    /// Its chain does nothing but choose a slot.
    var isChoice: Bool { kind == .choose || kind == .chooseLocal }

    /// Whether its frontends have node-local backends beside all.
    var hasLocal: Bool { kind == .external || kind == .nodePortExternal }

    /// The masquerading of a frontend of this shape.
    var masquerading: Masquerade {
        switch kind {
        case .fixed, .pick, .stickyPick, .stickyPickLocal: .fromOutsideCluster
        default: .always
        }
    }

    static func < (a: Shape, b: Shape) -> Bool { a.classID < b.classID }
}

extension Shape.Kind {
    fileprivate var isSticky: Bool {
        switch self {
        case .stickyPick, .stickyPickLocal, .stickyMasquerade, .stickyPlain, .stickyLocal, .stickyExternal: true
        default: false
        }
    }
}

extension Frontend {
    var isNodePort: Bool {
        if case .nodePort = destination { true } else { false }
    }
}
