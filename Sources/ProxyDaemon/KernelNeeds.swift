package import LinuxSystem

/// What the tables need of the kernel, by the version that brought it.
package enum KernelNeeds {
    /// The oldest kernel that Fairway is written for.
    package static let oldest = KernelVersion(5, 10)

    private static let features: [(since: KernelVersion, name: String)] = [
        (KernelVersion(5, 4), "deleting elements by rules (session affinity)"),
        (KernelVersion(5, 6), "sets of ranges in several fields (loadBalancerSourceRanges)"),
        (KernelVersion(5, 9), "reject in prerouting (Services without endpoints)"),
    ]

    /// Why a kernel is too old; nil where it is not.
    package static func complaint(of kernel: KernelVersion) -> String? {
        guard kernel < oldest else { return nil }
        let missing = features.filter { kernel < $0.since }.map(\.name)
        let lack = missing.isEmpty ? "" : "; it lacks \(missing.joined(separator: ", "))"
        return "kernel \(kernel) is too old: \(oldest) or later is needed\(lack)"
    }
}
