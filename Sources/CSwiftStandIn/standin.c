/*
 * Two parts of Swift's runtime prepare things in every process that the plugin, which lives for a few milliseconds,
 * never uses: one looks for the crash backtracer's program in a dozen places, the other reads /proc/self/maps to find
 * the command line. In a static link these definitions are found first, so that both stay out.
 *
 * Written after the runtime of Swift 6.3.1. Package.swift compares the compiler's version and scripts/swift-stand-in.sh the
 * sizes of what is replaced here; where either differs, the plugin is linked without this.
 */
#include <stdbool.h>

static int count;
static char **values;

/* glibc hands each constructor what main gets. */
__attribute__((constructor)) static void keep(int argc, char **argv) {
    count = argc;
    values = argv;
}

char **_swift_stdlib_getUnsafeArgvArgc(int *argc) {
    *argc = count;
    return values;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **argv, int argc) {
    values = argv;
    count = argc;
}

/* The runtime's settings of the backtracer, larger than they are: all zeros mean that it is off. */
_Alignas(16) char _swift_backtraceSettings[512];

/* Every program names this one, for backtracers to find. */
bool _swift_backtrace_isThunkFunction(const char *name) {
    (void)name;
    return false;
}
