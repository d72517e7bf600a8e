package import CNIProtocol

/// An attachment in its network, and the names that follow from it.
///
/// Both names are functions of the three words alone, so that DEL and GC find a link without the pod's namespace, the
/// configuration or a state file.
package struct AttachmentIdentity: Sendable, Hashable {
    package let network: String
    package let attachment: Attachment

    package init(network: String, attachment: Attachment) {
        self.network = network
        self.attachment = attachment
    }

    package init(_ network: NetworkConfiguration, _ environment: PluginEnvironment) {
        self.init(
            network: network.name,
            attachment: Attachment(containerID: environment.containerID, interfaceName: environment.interfaceName))
    }

    /// The host end's name: `veth` and eleven hex digits, which network managers leave alone.
    package var hostLinkName: String {
        let text = "\(network)\u{0}\(attachment.containerID)\u{0}\(attachment.interfaceName)"
        let hash = FNV1a.hash(text)
        // 44 of the 64 bits, folded as the hash's authors advise for other widths.
        let digits = String((hash >> 44) ^ (hash & 0xfff_ffff_ffff), radix: 16)
        return "veth" + String(repeating: "0", count: 11 - digits.count) + digits
    }

    /// The host end's alias: the three words in a sentence that GC reads back.
    package var alias: String {
        "fairway network \(network) container \(attachment.containerID) interface \(attachment.interfaceName)"
    }

    /// The kernel's limit for an alias in bytes (IFALIASZ less the final zero).
    package static let aliasLimit = 255

    /// Reads an alias back; nil for one that is not Fairway's.
    package init?(alias: String) {
        let words = alias.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 7, words[0] == "fairway", words[1] == "network", words[3] == "container",
            words[5] == "interface"
        else { return nil }
        self.init(network: words[2], attachment: Attachment(containerID: words[4], interfaceName: words[6]))
    }
}
