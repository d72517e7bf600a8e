/// A program that gives a user's credential (`exec` in a kubeconfig).
///
/// It gets no terminal: a daemon has none.
package struct ExecPlugin: Sendable, Hashable, SecretHolder {
    /// The API version that the program is to answer in.
    package enum Version: String, Sendable, Hashable, CaseIterable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// A variable of the program's environment, on top of the daemon's own.
    package struct Variable: Sendable, Hashable, SecretHolder {
        package var name: String
        package var value: String

        package var description: String { name }
    }

    package var version: Version
    /// With a slash a path, without one a name that is looked up in PATH.
    package var command: String
    package var arguments: [String]
    /// Of two with one name the last counts.
    package var environment: [Variable]
    /// What to tell where the program is not there.
    package var installHint: String?
    /// True where the program is told which cluster it is asked for.
    package var wantsCluster: Bool

    /// Neither arguments nor variables: tokens have been seen in both.
    package var description: String { "the plugin \(command)" }
}

extension ExecPlugin {
    init(_ fields: ConfigFields) throws(CredentialError) {
        let versions = Version.allCases.map(\.rawValue).joined(separator: " or ")
        guard let text = try fields.text("apiVersion") else {
            throw fields.failure("apiVersion", "is missing; write \(versions), whichever the plugin answers in")
        }
        guard let version = Version(rawValue: text) else {
            throw fields.failure("apiVersion", "\"\(text)\" is not supported; write \(versions), and update the plugin")
        }
        guard let command = try fields.text("command") else {
            throw fields.failure("command", "is missing; name the plugin's program")
        }
        self.version = version
        // A name alone is looked for in PATH, not beside the file.
        self.command = command.contains("/") ? try fields.filePath("command") ?? command : command
        arguments = try fields.texts("args")
        environment = []
        for variable in try fields.list("env") {
            guard let name = try variable.text("name") else {
                throw variable.failure("name", "is missing; name the variable")
            }
            guard !name.contains("=") else {
                throw variable.failure("name", "has a = in it; write what follows as value")
            }
            environment.append(Variable(name: name, value: try variable.text("value") ?? ""))
        }
        installHint = try fields.text("installHint")
        wantsCluster = try fields.flag("provideClusterInfo")
        try Self.checkInteractiveMode(fields, version)
    }

    private static func checkInteractiveMode(_ fields: ConfigFields, _ version: Version) throws(CredentialError) {
        switch try fields.text("interactiveMode") {
        case "Never", "IfAvailable": break
        case "Always":
            throw fields.failure(
                "interactiveMode", "Always needs a terminal, which a daemon has not; use a plugin that asks nobody")
        case let mode?:
            throw fields.failure("interactiveMode", "\"\(mode)\" is none of Never, IfAvailable, Always; write Never")
        case nil:
            guard version == .v1beta1 else {
                throw fields.failure("interactiveMode", "is missing, which \(version.rawValue) demands; write Never")
            }
        }
    }
}
