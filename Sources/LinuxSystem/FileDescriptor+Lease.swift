import Glibc

extension FileDescriptor {
    /// Keeps writers out for as long as this descriptor of a regular file is open for reading: a lease (fcntl(2)).
    ///
    /// A program that opens the file for writing meanwhile waits for the descriptor's end; hold it for a moment only.
    /// The lease takes the file's owner or CAP_LEASE, and a file system that has leases; without it writers are not
    /// kept out.
    ///
    /// - Returns: false when the file is open for writing at this moment.
    package borrowing func keepWritersOut() -> Bool {
        // F_SETSIG, F_SETLEASE: <linux/fcntl.h>; Swift's Glibc module does not have what _GNU_SOURCE guards.
        let setSignal: Int32 = 10
        let setLease: Int32 = 1024
        // The kernel tells the holder of a writer that waits; the default, SIGIO, would end the process.
        guard fcntl(rawValue, setSignal, SIGURG) == 0 else { return true }
        return fcntl(rawValue, setLease, Int32(F_RDLCK)) == 0 || Errno.current != .wouldBlock
    }
}
