import FoundationEssentials
import JSON

extension ExecPlugin {
    /// The variable that tells a plugin what it is asked for.
    package static let informationVariable = "KUBERNETES_EXEC_INFO"

    /// The value of `KUBERNETES_EXEC_INFO`.
    ///
    /// - Parameter access: to the cluster that the credential is for; told only where the plugin is to know it.
    /// - Throws: where the cluster's authority is in a file that cannot be read.
    package func information(
        for access: ClusterAccess, reading read: ReadFile = CredentialFile.read
    ) throws(CredentialError) -> String {
        let cluster: JSONValue? = wantsCluster ? .object(try access.information(reading: read)) : nil
        let spec = JSONObject(["cluster": cluster, "interactive": .bool(false)])
        return JSONValue.object(
            JSONObject([
                "kind": .string("ExecCredential"), "apiVersion": .string(version.rawValue), "spec": .object(spec),
            ])
        ).serialized
    }
}

extension ClusterAccess {
    /// The cluster as plugins know it: fields that say nothing are left out, and the authority is always written out.
    fileprivate func information(reading read: ReadFile) throws(CredentialError) -> JSONObject {
        let bytes = try authority.bytes(reading: read)
        return JSONObject([
            "server": .string("\(server)"),
            "tls-server-name": serverName.map(JSONValue.string),
            "insecure-skip-tls-verify": isInsecure ? .bool(true) : nil,
            "certificate-authority-data": bytes.map { .string(Data($0).base64EncodedString()) },
            "proxy-url": proxy.map { .string($0.text) },
            "disable-compression": disablesCompression ? .bool(true) : nil,
            "config": pluginConfiguration,
        ])
    }
}
