import CLinux

/// The process's memory, where glibc's and the loader's ways cost a daemon more than it needs.
package enum OwnMemory {
    /// All threads share one, and what it has free at its end goes back at once.
    ///
    /// With one for each, a start that reads files on several threads keeps a third more for ever; with glibc's own sizes it
    /// has 10 MB more at its peak. Call it before there are other threads.
    package static func keepHeapSmall() { fairway_heap_keep_small() }

    /// Gives what is free back to the kernel, and the parts of the program's file that only its start read: relocations,
    /// symbols, code; it takes some milliseconds.
    package static func trim() {
        fairway_heap_trim()
        fairway_program_release()
    }
}
