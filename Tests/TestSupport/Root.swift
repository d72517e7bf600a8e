import Glibc

/// Whether the tests may touch the kernel.
package enum Root {
    package static let explanation = "needs root: network namespaces are made"

    /// True for root; otherwise says on standard error, once, that tests are being skipped.
    package static let isAvailable: Bool = {
        if geteuid() == 0 { return true }
        let warning = "\n*** NOT ROOT: every test against the real kernel is skipped ***\n\n"
        let bytes = Array(warning.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
        return false
    }()
}
