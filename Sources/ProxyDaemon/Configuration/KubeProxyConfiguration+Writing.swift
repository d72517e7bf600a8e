import LinuxSystem
import YAML

extension KubeProxyConfiguration {
    /// Writes all of it as YAML, in place of what the file held.
    func write(to path: String) throws(ConfigurationError) {
        do {
            try Directory.replaceFile(path, with: Array(try YAMLText.text(document).utf8), mode: 0o600)
        } catch {
            throw ConfigurationError("--write-config-to: \(error)")
        }
    }
}
