import CLinux

/// The process's heap, where glibc's own choices cost a daemon memory.
package enum Heap {
    /// All threads share one: with one for each, a start that reads files on several threads keeps a third more for ever.
    ///
    /// Call it before there are other threads.
    package static func useOneArena() { fairway_heap_use_one_arena() }

    /// Gives what is free back to the kernel; it takes some milliseconds.
    package static func trim() { fairway_heap_trim() }
}
