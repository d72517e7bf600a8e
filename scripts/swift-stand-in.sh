#!/usr/bin/env bash
# Says `yes` if the parts of Swift's static runtime that CSwiftStandIn replaces have the sizes that they had when it was
# written, else `no` and which has another. Package.swift compares the compiler's version.
. "$(dirname "$0")/common.sh"

# Of Swift 6.3.1 on x86-64: what a runtime with other code behind these names needs, nobody has looked at.
expected='000000000000003a _swift_stdlib_getUnsafeArgvArgc
0000000000000013 _swift_stdlib_overrideUnsafeArgvArgc
0000000000000058 _swift_backtraceSettings
000000000000004f _swift_backtrace_isThunkFunction'

resources=$(swift -print-target-info -static-stdlib | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
library=$resources/linux/libswiftCore.a
[ -f "$library" ] || { echo "no: there is no $library"; exit; }
defined=$(nm -S --defined-only "$library" 2>/dev/null)
while read -r size name; do
    found=$(sed -nE "s/^[0-9a-f]+ ([0-9a-f]+) [A-Z] $name\$/\1/p" <<<"$defined")
    [ "$found" = "$size" ] || { echo "no: $name has ${found:-no} instead of $size bytes"; exit; }
done <<<"$expected"
echo yes
