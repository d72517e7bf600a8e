import CLinux

extension FileTime {
    /// When the file system in memory that is mounted there was made; nil for another kind, and before Linux 5.18.
    static func birth(ofMemoryAt path: String) -> FileTime? {
        var (seconds, nanoseconds) = (Int64(0), Int64(0))
        guard unsafe fairway_tmpfs_birth(path, &seconds, &nanoseconds) == 0 else { return nil }
        return FileTime(seconds: Int(seconds), nanoseconds: Int(nanoseconds))
    }
}
