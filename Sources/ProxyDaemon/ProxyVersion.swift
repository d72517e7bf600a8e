/// The version of this source tree.
enum ProxyVersion {
    static let current = "0.1.0"
}
