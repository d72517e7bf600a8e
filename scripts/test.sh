#!/usr/bin/env bash
# Runs the test suites that `make build` built, each target within its time budget: all of them, or those named.
. "$(dirname "$0")/common.sh"

if is_root; then
    need_packages nftables iproute2 strace
else
    say "NOT ROOT: every test against the real kernel is SKIPPED; run 'sudo make test' for the whole truth"
fi
export FAIRWAY_DIST="$root/dist"

# In seconds. The end-to-end tests send real packets for minutes; nothing else takes more than a few seconds.
budget() {
    case $1 in
    EndToEndTests) echo 1500 ;;
    *) echo 300 ;;
    esac
}

suites=("$@")
[ ${#suites[@]} -gt 0 ] || for directory in Tests/*Tests; do suites+=("$(basename "$directory")"); done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
totals=()
broken=()
for suite in "${suites[@]}"; do
    say "$suite (at most $(budget "$suite") s)"
    status=0
    timeout -k 10 "$(budget "$suite")" swift test -c release --skip-build --filter "^$suite\\." >"$log" 2>&1 || status=$?
    total=$(grep -aE 'Test run with [0-9]+ tests?' "$log" | tail -n 1 || true)
    skipped=$(grep -aE ' skipped' "$log" || true)
    reason=
    if [ $status -eq 124 ] || [ $status -eq 137 ]; then
        reason="ran out of time"
        # What a killed run of the lab left standing.
        dist/fairway-lab clean || true
    elif [ $status -ne 0 ]; then
        reason="failed (status $status)"
    elif [ -z "$total" ] || grep -q 'with 0 tests' <<<"$total"; then
        reason="ran no test"
    elif is_root && grep -q 'root' <<<"$skipped"; then
        reason="skipped tests although it ran as root"
    fi
    if [ -n "$reason" ]; then
        broken+=("$suite $reason")
        grep -avE '(started|passed after|passing 1 argument)' "$log" >&2 || true
    fi
    [ -z "$skipped" ] || printf '%s\n' "$skipped" >&2
    totals+=("${total:-no total}  [$suite]")
done

for line in "${broken[@]}"; do printf 'error: %s\n' "$line" >&2; done
is_root || say "NOT ROOT: tests against the real kernel were SKIPPED"
printf '%s\n' "${totals[@]}"
[ ${#broken[@]} -eq 0 ]
