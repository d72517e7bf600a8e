import LinuxSystem
import TableKeeper

/// Growing pauses, up to about a second together: a runtime waits for the end.
struct GrowingPause {
    private var milliseconds = 1

    /// - Returns: false when there have been enough of them.
    mutating func wait() -> Bool {
        if milliseconds > 512 { return false }
        Pause.milliseconds(milliseconds)
        milliseconds *= 2
        return true
    }
}

/// Asks nf_tables again while the machine is short of something for a moment.
func patiently<T>(_ body: () throws(NetlinkError) -> T) throws(PodTableError) -> T {
    var pauses = GrowingPause()
    while true {
        do throws(NetlinkError) {
            return try body()
        } catch {
            guard error.isTransient, pauses.wait() else { throw .kernel(error) }
        }
    }
}
