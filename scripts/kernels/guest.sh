#!/usr/bin/env bash
# Runs in the virtual machine, as root: everything that `make test-kernels` wants of one kernel. /out/report has a line for each
# step, /out/NAME.log what the step said.
. "$(dirname "$0")/../common.sh"

export FAIRWAY_DIST=$root/dist
raise_open_files
failed=0 passed=0

report() { printf '%s\n' "$*" >>/out/report; }

# Runs a step and reports it, with what it said last: step NAME SECONDS COMMAND...
step() {
    local name=$1 limit=$2 began=$SECONDS status=0 log said
    shift 2
    log=/out/$(printf '%.80s' "${name//[^A-Za-z0-9]/_}").log
    timeout -k 5 "$limit" "$@" >"$log" 2>&1 </dev/null || status=$?
    said=$(tail -n 1 "$log")
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
        report "$(printf '  ok   %4d s  %s: %s' $((SECONDS - began)) "$name" "$said")"
        return
    fi
    failed=$((failed + 1))
    [ $status -ne 124 ] && [ $status -ne 137 ] || said="ran out of time ($limit s)"
    report "$(printf '  FAIL %4d s  %s: %s' $((SECONDS - began)) "$name" "$said")"
    grep -avE '(started|passed after|passing [0-9]+ argument)' "$log" | tail -n 60 | sed 's/^/         /' >>/out/report || true
}

# Runs a line of the list of tests.
listed() {
    local limit filter rest
    read -r limit filter rest <<<"${1%%#*}"
    # shellcheck disable=SC2086
    step "$filter${rest:+ without ${rest//!/}}" "$limit" scripts/kernels/run-tests.sh "$filter" $rest
}

# Loads what deploy/modules-load.d names, and what only tests need.
load_modules() {
    # shellcheck disable=SC2046
    modprobe -a $(grep -v '^#' deploy/modules-load.d/fairway.conf) sctp 8021q
}

for part in "$@"; do
    case $part in
    tests)
        load_modules
        while read -r line; do [ -z "${line%%#*}" ] || listed "$line"; done <scripts/kernels/tests
        ;;
    *) step "$part" 180 "scripts/kernels/$part.sh" ;;
    esac
done
tests=$(sed -nE 's/^  (ok|FAIL) .*Test run with ([0-9]+) tests?.*/\2/p' /out/report | awk '{ sum += $1 } END { print sum + 0 }')
echo "$passed steps passed, $failed failed, $tests tests in them" >/out/total
[ $failed -eq 0 ]
