#!/usr/bin/env bash
# Runs tests by their bundle itself, without SwiftPM: run-tests.sh FILTER [!LEFT-OUT...]. Its last line is the runner's total.
. "$(dirname "$0")/../common.sh"

export FAIRWAY_DIST=$root/dist NO_COLOR=1
# Else hundreds of the plugin's tests begin at once, and under emulation what each of them waits for comes after its patience.
# The other suites are small enough to begin all at once.
[[ $1 != CNIPluginTests* ]] || export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4
arguments=(--filter "^($1)[./]")
shift
for left in "$@"; do arguments+=(--skip "[./]${left#!}/"); done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
.build/release/fairwayPackageTests.xctest --testing-library swift-testing "${arguments[@]}" 2>&1 | tee "$log" || status=$?
total=$(grep -aoE 'Test run with [0-9]+ tests? .*' "$log" | tail -n 1 || true)
skipped=$(grep -acE '(➜|↷|-) .* skipped' "$log" || true)
[ -n "$total" ] || { echo "no total: it ended with status $status"; exit 1; }
echo "$total, $skipped skipped"
! grep -q 'with 0 tests' <<<"$total" || { echo "ran no test"; exit 1; }
! grep -aE ' skipped' "$log" | grep -q 'root' || { echo "skipped tests although it ran as root"; exit 1; }
exit $status
