package import CNIProtocol

/// The `bridge` plugin's VLAN keys.
package struct VLANConfiguration: Sendable, Hashable {
    /// The pod's untagged VLAN; nil for none.
    package let access: Int?
    /// The tagged VLANs that the pod may use, in the configuration's order.
    package let trunk: [ClosedRange<Int>]
    /// Whether the bridge's default VLAN stays on the port beside these.
    package let preservesDefault: Bool

    /// VLANs 0 and 4095 are reserved (IEEE 802.1Q).
    package static let identifiers = 1...4094

    package init(_ root: ConfigurationReader) throws(CNIError) {
        access = try root.integer("vlan", in: 0...Self.identifiers.upperBound).flatMap { $0 == 0 ? nil : $0 }
        var trunk: [ClosedRange<Int>] = []
        for entry in try root.readers("vlanTrunk") {
            let single = try entry.integer("id", in: Self.identifiers)
            let least = try entry.integer("minID", in: Self.identifiers)
            let most = try entry.integer("maxID", in: Self.identifiers)
            switch (least, most) {
            case (let least?, let most?):
                guard least <= most else { throw entry.failure("minID", "\(least) is above maxID \(most)") }
                trunk.append(least...most)
            case (nil, nil):
                guard single != nil else { throw entry.failure("id", "neither id nor minID and maxID are there") }
            case (_?, nil): throw entry.failure("maxID", "it is missing beside minID")
            case (nil, _?): throw entry.failure("minID", "it is missing beside maxID")
            }
            if let single { trunk.append(single...single) }
        }
        self.trunk = trunk
        preservesDefault = try root.bool("preserveDefaultVlan") ?? false
    }

    /// Whether a port leaves the bridge's default VLAN, which every port joins: a trunk alone needs one for untagged frames.
    package var leavesDefault: Bool { !preservesDefault && access != nil }

    /// Whether the bridge must filter by VLAN.
    package var isUsed: Bool { access != nil || !trunk.isEmpty }
}
