/// The CNI_* variables of one execution, validated.
package struct PluginEnvironment: Sendable, Hashable {
    package private(set) var command: CNICommand
    /// Empty for GC, STATUS and VERSION.
    package let containerID: String
    /// The path of the pod's network namespace; may be empty for DEL.
    package let namespacePath: String
    /// The interface's name in the pod; empty for GC, STATUS and VERSION.
    package let interfaceName: String
    /// CNI_ARGS as they came.
    private let argumentsText: String
    /// CNI_NETNS_OVERRIDE: the pod's namespace may be the plugin's own.
    package let allowsOwnNamespace: Bool

    /// The DEL that undoes this ADD.
    package var deleting: PluginEnvironment {
        var copy = self
        copy.command = .del
        return copy
    }

    /// The variables that `init(reading:)` asks for.
    private enum Variable: String {
        case command = "CNI_COMMAND"
        case containerID = "CNI_CONTAINERID"
        case namespace = "CNI_NETNS"
        case interface = "CNI_IFNAME"
        case arguments = "CNI_ARGS"
        case override = "CNI_NETNS_OVERRIDE"
    }

    /// Validates the variables that a lookup function returns.
    ///
    /// - Throws: code 4, naming every variable that is missing in one message.
    package init(reading lookUp: (String) -> String?) throws(CNIError) {
        func text(_ variable: Variable) -> String { lookUp(variable.rawValue) ?? "" }
        let verb = text(.command)
        guard let command = CNICommand(rawValue: verb) else {
            let message =
                verb.isEmpty
                ? "required env variables [CNI_COMMAND] missing" : "unknown CNI_COMMAND: \(verb)"
            throw CNIError(.invalidEnvironment, message)
        }
        let required: [Variable] =
            switch command {
            case .add, .check: [.containerID, .namespace, .interface]
            case .del: [.containerID, .interface]
            case .gc, .status, .version: []
            }
        let missing = required.filter { text($0).isEmpty }
        guard missing.isEmpty else {
            let names = missing.map(\.rawValue).joined(separator: ",")
            throw CNIError(
                .invalidEnvironment, "required env variables [\(names)] missing", details: "CNI_COMMAND is \(verb)")
        }
        self.command = command
        containerID = required.isEmpty ? "" : text(.containerID)
        interfaceName = required.isEmpty ? "" : text(.interface)
        namespacePath = text(.namespace)
        allowsOwnNamespace = ["1", "true"].contains(text(.override).lowercased())
        if !required.isEmpty {
            guard Identifier.isValid(containerID) else {
                throw CNIError(.invalidEnvironment, "invalid CNI_CONTAINERID: \(containerID)", details: Identifier.rule)
            }
            guard Self.isInterfaceName(interfaceName) else {
                throw CNIError(
                    .invalidEnvironment, "invalid CNI_IFNAME: \(interfaceName)",
                    details: "an interface name has 1 to 15 bytes, is not . or .., and holds no /, :, % or white space")
            }
        }
        argumentsText = text(.arguments)
    }

    /// Reads CNI_ARGS, for whoever makes use of them; empty but for ADD and CHECK, because cleaning up must not fail because of
    /// what ADD refused.
    ///
    /// - Throws: code 4 for what is no list of pairs.
    package func arguments() throws(CNIError) -> [String: String] {
        guard command == .add || command == .check else { return [:] }
        var arguments: [String: String] = [:]
        for pair in argumentsText.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw CNIError(.invalidEnvironment, "invalid CNI_ARGS: \"\(pair)\" is not KEY=VALUE")
            }
            arguments[String(parts[0])] = String(parts[1])
        }
        return arguments
    }

    /// The kernel's rule for a device name (`dev_valid_name` in net/core/dev.c), without `%`, from which it makes a name.
    package static func isInterfaceName(_ name: String) -> Bool {
        (1...15).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                byte > 0x20 && byte != 0x7f && byte != UInt8(ascii: "/") && byte != UInt8(ascii: ":")
                    && byte != UInt8(ascii: "%")
            }
    }
}

/// The specification's rule for network names and container ids.
package enum Identifier {
    package static let rule = "it must start with a letter or digit and go on with letters, digits, '_', '.' and '-'"

    package static func isValid(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }
}
