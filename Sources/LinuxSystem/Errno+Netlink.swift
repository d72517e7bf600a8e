import Glibc

extension Errno {
    package static let outOfMemory = Errno(rawValue: ENOMEM)
    package static let messageTooLong = Errno(rawValue: EMSGSIZE)
    package static let notADirectory = Errno(rawValue: ENOTDIR)
    package static let noAddress = Errno(rawValue: EADDRNOTAVAIL)
    package static let noProcess = Errno(rawValue: ESRCH)
}
