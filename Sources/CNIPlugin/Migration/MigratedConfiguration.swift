package import CNIProtocol
package import JSON

/// A configuration of upstream's plugins, rewritten for Fairway so that it does what it did.
package struct MigratedConfiguration: Sendable {
    /// The list for `type: fairway`.
    package let list: JSONValue
    /// What was done, what stays as it was, and what is different, in sentences.
    package let remarks: [String]

    /// Rewrites a list of plugins whose first one is `bridge`, or a configuration of that plugin alone.
    ///
    /// Keys keep their order; those that nobody knows are kept.
    ///
    /// - Throws: code 7 when the configuration cannot be carried over.
    package init(_ configuration: JSONValue) throws(CNIError) {
        guard case .object(let root) = configuration else {
            throw CNIError(.invalidConfiguration, "the configuration is \(configuration.kind), not a JSON object")
        }
        var rewriting = MigratedPlugin()
        var list = root
        if root["plugins"] != nil {
            let plugins = try rewriting.rewrite(try ConfigurationReader(root).readers("plugins"))
            list.replace("plugins", .array(plugins.map { .object($0) }))
        } else {
            var plugin = root
            list = JSONObject()
            for key in ["cniVersion", "name"] {
                guard let value = root[key] else { continue }
                list.append(key, value)
                plugin.remove(key)
            }
            let plugins = try rewriting.rewrite([ConfigurationReader(plugin)])
            list.append("plugins", .array(plugins.map { .object($0) }))
            rewriting.remark("the single configuration has become a list: its file's name must end in .conflist")
        }
        let version = try SpecVersion.negotiate(try ConfigurationReader(root).string("cniVersion") ?? "")
        if version < CNICommand.gc.firstVersion {
            rewriting.remark(
                "cniVersion stays \(version.rawValue): runtimes ask for GC and STATUS from 1.1.0 on, which fairway speaks"
            )
        }
        self.list = .object(list)
        remarks = rewriting.remarks
    }
}
