import ArgumentParser

/// Says what becomes of a kube-proxy's configuration before anybody moves.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Say what of a kube-proxy's configuration takes effect, and what a move changes.",
        discussion: """
            FILE is a KubeProxyConfiguration, or the ConfigMap that holds one:

              kubectl -n kube-system get configmap kube-proxy -o yaml > kube-proxy.yaml
              fairway-proxy check-config kube-proxy.yaml

            It ends with 1 where the daemon would refuse the file. Nothing is changed.
            """)

    @Argument(help: "The file, YAML or JSON.") var file: String

    func run() throws {
        let loaded = try ConfigurationFile(file, mayBeConfigMap: true)
        _ = try RunCommand.checked(loaded)
        print(ConfigurationReport(loaded.configuration).text)
    }
}
