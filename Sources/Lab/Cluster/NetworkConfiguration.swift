import FoundationEssentials
import NetworkTypes

/// The CNI configuration of a lab's nodes: a template from a `.conflist`, with each node's own ranges filled in.
package struct NetworkConfiguration: Sendable, Hashable {
    private let template: JSONTree

    /// Takes the first plugin of a list, as a file in `/etc/cni/net.d` holds it.
    ///
    /// - Throws: `LabError` when the file cannot be read or has no plugin.
    package init(conflist path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw LabError("cannot read the CNI configuration \(path)")
        }
        let list = try JSONTree(data)
        guard var plugin = list["plugins"]?.elements.first else {
            throw LabError("\(path): `plugins` has no entry")
        }
        plugin["cniVersion"] = list["cniVersion"]
        template = plugin
    }

    private init(template: JSONTree) { self.template = template }

    /// The smallest dual-stack configuration: everything else is the plugin's default.
    package static let minimal = NetworkConfiguration(template: ["cniVersion": "1.1.0", "type": "fairway", "ipam": [:]])

    /// The program that serves this network.
    var type: String { template["type"]?.text ?? "fairway" }

    /// What a runtime on this node would write to the plugin's standard input.
    func document(network: String, podNetworks: [CIDR], leases: String) -> JSONTree {
        var document = template
        document["name"] = .string(network)
        var ipam = document["ipam"] ?? [:]
        // What speaks of one node's addresses gives way to the lab's own.
        for key in ["subnet", "rangeStart", "rangeEnd", "gateway", "exclude"] { ipam[key] = nil }
        ipam["ranges"] = .array(podNetworks.map { [["subnet": .string("\($0)")]] })
        ipam["dataDir"] = .string(leases)
        document["ipam"] = ipam
        return document
    }
}
