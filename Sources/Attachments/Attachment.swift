package import CNIProtocol
import NetworkTypes

/// One interface of one container in a network: what a runtime adds and deletes, and the names that follow from it.
///
/// Both names are functions of the three words alone, so that DEL and GC find a link without the pod's namespace, the
/// configuration or a state file.
package struct Attachment: Sendable, Hashable {
    package let network: String
    package let containerID: String
    package let interfaceName: String

    package init(network: String, containerID: String, interfaceName: String) {
        self.network = network
        self.containerID = containerID
        self.interfaceName = interfaceName
    }

    /// The host end's name: `veth` and eleven hex digits, which network managers leave alone.
    package var hostLinkName: String {
        let hash = FNV1a.hash("\(network)\u{0}\(containerID)\u{0}\(interfaceName)")
        // 44 of the 64 bits, folded as the hash's authors advise for other widths.
        let digits = String((hash >> 44) ^ (hash & 0xfff_ffff_ffff), radix: 16)
        return "veth" + String(repeating: "0", count: 11 - digits.count) + digits
    }

    /// The host end's alias: the three words in a sentence that GC reads back.
    package var alias: String { "fairway network \(network) container \(containerID) interface \(interfaceName)" }

    /// The kernel's limit for an alias in bytes (IFALIASZ less the final zero).
    package static let aliasLimit = 255

    /// Reads an alias back; nil for one that is not Fairway's.
    package init?(alias: String) {
        let words = alias.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 7, words[0] == "fairway", words[1] == "network", words[3] == "container",
            words[5] == "interface"
        else { return nil }
        self.init(network: words[2], containerID: words[4], interfaceName: words[6])
    }
}

extension Attachment: CustomStringConvertible {
    package var description: String { "\(network)/\(containerID)/\(interfaceName)" }
}

extension NetworkConfiguration {
    /// The attachments that GC must spare; absent, null and empty all mean that none is valid.
    package func validAttachments() throws(CNIError) -> Set<Attachment> {
        let key = root.value("cni.dev/valid-attachments") == nil ? "cni.dev/attachments" : "cni.dev/valid-attachments"
        var attachments: Set<Attachment> = []
        for reader in try root.readers(key) {
            guard let containerID = try reader.string("containerID"), let interfaceName = try reader.string("ifname"),
                !containerID.isEmpty, !interfaceName.isEmpty
            else {
                // Whoever took it for none would end the pod that it means.
                throw reader.failure(
                    "ifname", "an attachment needs a containerID and an ifname, or nobody knows what to spare")
            }
            attachments.insert(Attachment(network: name, containerID: containerID, interfaceName: interfaceName))
        }
        return attachments
    }
}
