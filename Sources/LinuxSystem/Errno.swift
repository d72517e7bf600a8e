import Glibc

/// A Linux error number.
package struct Errno: Error, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// The calling thread's `errno`.
    ///
    /// Read it in the same expression as the call that set it.
    package static var current: Errno { Errno(rawValue: errno) }

    package static let notFound = Errno(rawValue: ENOENT)
    package static let exists = Errno(rawValue: EEXIST)
    package static let interrupted = Errno(rawValue: EINTR)
    package static let wouldBlock = Errno(rawValue: EAGAIN)
    package static let notPermitted = Errno(rawValue: EPERM)
    package static let accessDenied = Errno(rawValue: EACCES)
    package static let notDirectory = Errno(rawValue: ENOTDIR)
    package static let isDirectory = Errno(rawValue: EISDIR)
    package static let busy = Errno(rawValue: EBUSY)
    package static let textBusy = Errno(rawValue: ETXTBSY)
    package static let invalid = Errno(rawValue: EINVAL)
    package static let noBufferSpace = Errno(rawValue: ENOBUFS)
    package static let noDevice = Errno(rawValue: ENODEV)
    package static let noSpace = Errno(rawValue: ENOSPC)
    package static let readOnlyFileSystem = Errno(rawValue: EROFS)
    package static let badMessage = Errno(rawValue: EBADMSG)
    package static let protocolNotAvailable = Errno(rawValue: ENOPROTOOPT)
    package static let addressInUse = Errno(rawValue: EADDRINUSE)
    package static let outOfMemory = Errno(rawValue: ENOMEM)
    package static let fileTooBig = Errno(rawValue: EFBIG)
    package static let messageTooLong = Errno(rawValue: EMSGSIZE)
    package static let notSupported = Errno(rawValue: EOPNOTSUPP)
    package static let noAddress = Errno(rawValue: EADDRNOTAVAIL)
    package static let noProcess = Errno(rawValue: ESRCH)
    package static let tooManyOpenFiles = Errno(rawValue: EMFILE)
    package static let tooManyFilesOfSystem = Errno(rawValue: ENFILE)
    package static let exchangeFull = Errno(rawValue: EXFULL)
}

extension Errno: CustomStringConvertible {
    /// The C library's sentence for this number, such as `No such file or directory`.
    package var description: String {
        guard let text = unsafe strerror(rawValue) else { return "error \(rawValue)" }
        return unsafe String(cString: text)
    }
}

/// A system call that failed, with what it was for.
package struct SystemError: Error, Hashable, Sendable {
    /// What was tried, with its object: `open /run/netns/a`.
    package let operation: String
    package let errno: Errno

    package init(_ operation: String, _ errno: Errno) {
        self.operation = operation
        self.errno = errno
    }
}

extension SystemError: CustomStringConvertible {
    package var description: String { "\(operation): \(errno)" }
}

/// Runs a system call again for as long as a signal interrupts it.
///
/// - Parameter operation: what the call is for, built only when it fails.
/// - Returns: the call's result, which is not negative.
/// - Throws: `SystemError` with the call's `errno`.
@discardableResult
package func systemCall(_ operation: @autoclosure () -> String, _ call: () -> Int32) throws(SystemError) -> Int32 {
    while true {
        let result = call()
        if result >= 0 { return result }
        let errno = Errno.current
        if errno != .interrupted { throw SystemError(operation(), errno) }
    }
}
