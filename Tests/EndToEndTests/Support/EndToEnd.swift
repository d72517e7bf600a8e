import Glibc
import LinuxSystem
import Testing

let isRoot = geteuid() == 0

/// The tests with real packets between network namespaces, one after another: they measure rates on a small machine.
@Suite(
    "End to end", .serialized,
    .enabled(if: isRoot, "SKIPPED: network namespaces need root; run the tests as root or not one packet is tested"))
enum EndToEnd {}
