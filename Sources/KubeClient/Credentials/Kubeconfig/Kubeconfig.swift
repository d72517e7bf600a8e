/// What one or several kubeconfig files say together.
///
/// What a file says of clusters, users and contexts is looked at when one of them is chosen: an error in another one costs
/// nothing.
package struct Kubeconfig: Sendable {
    let currentContext: String?
    let clusters: KubeconfigFile.Entries
    let users: KubeconfigFile.Entries
    let contexts: KubeconfigFile.Entries
    /// The files that were read, in their order.
    package let files: [String]

    /// Reads one file, which must be there.
    package init(file: String, reading read: ReadFile = CredentialFile.read) throws(CredentialError) {
        guard let content = try CredentialFile.contentIfPresent(of: file, read) else {
            throw CredentialError("\(file): there is no such file; look at --kubeconfig")
        }
        self.init(merging: [(file, try KubeconfigFile(content, of: file))])
    }

    /// Reads the files of a list as in the environment's KUBECONFIG: parted by colons, passing over those that are not there.
    package init(list: String, reading read: ReadFile = CredentialFile.read) throws(CredentialError) {
        var files: [(String, KubeconfigFile)] = []
        for file in list.split(separator: ":").map(String.init) {
            guard let content = try CredentialFile.contentIfPresent(of: file, read) else { continue }
            files.append((file, try KubeconfigFile(content, of: file)))
        }
        guard !files.isEmpty else {
            throw CredentialError("KUBECONFIG: none of the files in \"\(list)\" is there; name one with --kubeconfig")
        }
        self.init(merging: files)
    }

    /// The first file that gives something a name says all of it; later ones add nothing to it.
    private init(merging files: [(name: String, file: KubeconfigFile)]) {
        func merged(_ entries: (KubeconfigFile) -> KubeconfigFile.Entries) -> KubeconfigFile.Entries {
            files.reduce(into: [:]) { merged, next in merged.merge(entries(next.file)) { first, _ in first } }
        }
        self.files = files.map(\.name)
        currentContext = files.lazy.compactMap(\.file.currentContext).first
        clusters = merged(\.clusters)
        users = merged(\.users)
        contexts = merged(\.contexts)
    }
}
