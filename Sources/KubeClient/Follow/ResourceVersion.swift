/// A version of a list or an object, as etcd counts them.
///
/// Since Kubernetes 1.35 versions of one kind may be compared as numbers (KEP-5504), and all servers before had such.
struct ResourceVersion: Sendable, Hashable {
    let text: String

    /// nil for the empty text, which is no version.
    init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
    }

    /// Whether a server that is at this version has never seen the other one, because its store was put back.
    ///
    /// What cannot be compared counts as that.
    func isBehind(_ other: ResourceVersion) -> Bool {
        guard let own = UInt64(text), let other = UInt64(other.text) else { return text != other.text }
        return own < other
    }
}
