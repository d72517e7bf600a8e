import Glibc
package import LinuxSystem

/// Reads a whole file; a parameter of whatever looks at files, so that tests need none.
package typealias ReadFile = (_ path: String) throws(SystemError) -> [UInt8]

/// The files of credentials: small, and read anew at every use, because they are replaced before they expire.
package enum CredentialFile {
    /// More than any certificate bundle has.
    private static let limit = 4 << 20

    package static func read(_ path: String) throws(SystemError) -> [UInt8] {
        try FileDescriptor.open(path, O_RDONLY).readToEnd(limit: limit)
    }

    /// The file's content, which is more than white space.
    ///
    /// - Parameter cure: what to do where there is none, such as `name another file`.
    static func content(
        of path: String, _ cure: @autoclosure () -> String, _ read: ReadFile
    ) throws(CredentialError) -> [UInt8] {
        let content: [UInt8]
        do throws(SystemError) {
            content = try read(path)
        } catch {
            throw CredentialError("\(path): \(error.errno); \(cure())")
        }
        guard content.contains(where: { !$0.isWhiteSpace }) else {
            throw CredentialError("\(path): the file is empty; \(cure())")
        }
        return content
    }

    /// The content of a file that need not be there, whatever it is; nil where it is not.
    static func contentIfPresent(of path: String, _ read: ReadFile) throws(CredentialError) -> [UInt8]? {
        do throws(SystemError) {
            return try read(path)
        } catch {
            guard error.errno != .notFound else { return nil }
            throw CredentialError("\(path): \(error.errno); it must be a file that can be read")
        }
    }
}

extension UInt8 {
    /// True for a space, a tab and the ends of lines and pages.
    var isWhiteSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}
