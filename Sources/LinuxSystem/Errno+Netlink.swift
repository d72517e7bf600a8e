import Glibc

/// The numbers that the kernel's netlink families answer with.
extension Errno {
    package static let outOfMemory = Errno(rawValue: ENOMEM)
    package static let messageTooLong = Errno(rawValue: EMSGSIZE)
    package static let notSupported = Errno(rawValue: EOPNOTSUPP)
    package static let noAddress = Errno(rawValue: EADDRNOTAVAIL)
    package static let noProcess = Errno(rawValue: ESRCH)
}
