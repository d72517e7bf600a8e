/// A chain and its rules.
package struct Chain: Sendable, Hashable {
    package let name: String
    /// nil for a chain that is reached by a verdict only.
    package let hook: Hook?
    package var rules: [Rule]

    package init(_ name: String, hook: Hook? = nil, rules: [Rule]) {
        self.name = name
        self.hook = hook
        self.rules = rules
    }
}

extension Chain {
    /// Where a base chain is attached, and what becomes of packets that its rules leave alone.
    package struct Hook: Sendable, Hashable {
        /// A netfilter hook of the ip, ip6 and bridge families, by the kernel's number (`enum nf_inet_hooks`).
        package struct Point: RawRepresentable, Sendable, Hashable {
            package let rawValue: UInt32

            package init(rawValue: UInt32) { self.rawValue = rawValue }

            package static let prerouting = Point(rawValue: 0)
            package static let input = Point(rawValue: 1)
            package static let forward = Point(rawValue: 2)
            package static let output = Point(rawValue: 3)
            package static let postrouting = Point(rawValue: 4)
        }

        /// The chain's type, by the kernel's name.
        package struct Kind: RawRepresentable, Sendable, Hashable {
            package let rawValue: String

            package init(rawValue: String) { self.rawValue = rawValue }

            package static let filter = Kind(rawValue: "filter")
            package static let nat = Kind(rawValue: "nat")
        }

        package enum Policy: Sendable, Hashable {
            case accept
            case drop
        }

        package let kind: Kind
        package let point: Point
        /// Lower runs earlier: -100 is nft's `dstnat`, 100 its `srcnat`.
        package let priority: Int32
        package var policy: Policy
        /// The links that the chain is bound to; none in the families that Fairway uses.
        package var devices: [String]

        package init(
            _ kind: Kind, _ point: Point, priority: Int32, policy: Policy = .accept, devices: [String] = []
        ) {
            self.kind = kind
            self.point = point
            self.priority = priority
            self.policy = policy
            self.devices = devices
        }
    }
}

extension Chain.Hook: CustomStringConvertible {
    /// As nft writes it: `type nat hook prerouting priority -100`.
    package var description: String {
        var text = "type \(kind.rawValue) hook \(point) "
        for device in devices { text += "device \(device) " }
        return text + "priority \(priority)"
    }
}

extension Chain.Hook.Point: CustomStringConvertible {
    package var description: String {
        switch self {
        case .prerouting: "prerouting"
        case .input: "input"
        case .forward: "forward"
        case .output: "output"
        case .postrouting: "postrouting"
        default: "\(rawValue)"
        }
    }
}

/// A rule: its expressions in order.
package struct Rule: Sendable, Hashable {
    package var expressions: [Expression]

    package init(_ expressions: [Expression]) { self.expressions = expressions }
}
