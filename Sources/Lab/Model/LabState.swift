/// What is written down about a lab, always before the thing itself is made.
///
/// Whoever finds the file can remove the lab, whatever became of the process that made it.
package struct LabState: Sendable, Hashable, Codable {
    package let id: String
    package let nodeCount: Int
    /// The process that a lab ends with; nil for a lab that `fairway-lab up` left standing.
    package var owner: ProcessIdentity?
    /// The network namespaces, in the order they were made.
    package var namespaces: [String]
    /// CNI network names, under which a plugin may keep files of its own.
    package var networks: [String]
    package var pods: [PodState] = []

    package var plan: LabPlan { LabPlan(id: id, nodeCount: nodeCount) }

    /// True when nobody can be using the lab any more.
    package var isAbandoned: Bool { owner.map { !$0.isAlive } ?? false }
}

/// One pod of a lab.
package struct PodState: Sendable, Hashable, Codable {
    package let name: String
    package let node: String
    /// Without prefix lengths, as the plugin's result gave them; empty until it has answered.
    package var addresses: [String] = []
}
