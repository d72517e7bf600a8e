#!/usr/bin/env bash
# Runs the test suites that `make build` built, each target within its time budget: all of them, or those named.
. "$(dirname "$0")/common.sh"

if is_root; then
    need_packages nftables iproute2 iptables strace file python3 containernetworking-plugins dnsmasq-base openssl
    need_bridge_netfilter
    raise_open_files
else
    say "NOT ROOT: every test against the real kernel is SKIPPED; run 'sudo make test' for the whole truth"
fi
export FAIRWAY_DIST="$root/dist"

# A soak is so many times as long, and some.
times=${FAIRWAY_SOAK:-1}

# What a suite may take at most; `make lint` asks for a line of its own in scripts/budgets.
limit() {
    local seconds
    seconds=$(budget "$1")
    echo $((${seconds:-60} * times))
}

# Runs a command for so many seconds at most, and then ends all its processes; Ctrl-C ends them at once.
within() {
    local status=0 runner
    # In a session of its own, whose id is the runner's pid: `swift test` gives the tests a process group of their own,
    # which neither `timeout` nor the terminal reaches.
    setsid timeout -k 10 "$@" </dev/null >"$log" 2>&1 &
    runner=$!
    # shellcheck disable=SC2064
    trap "interrupt $runner" INT TERM
    wait $runner || status=$?
    trap - INT TERM
    end_session $runner
    return $status
}

# The processes of a session that have not ended.
session() { sed -nE "s/^([0-9]+) \(.*\) [^ZX] [0-9]+ [0-9]+ $1 .*/\1/p" /proc/[0-9]*/stat 2>/dev/null || true; }

# Ends what is left of a session, within 5 seconds.
end_session() {
    local left
    for _ in {1..50}; do
        left=$(session "$1")
        [ -n "$left" ] || return 0
        # shellcheck disable=SC2086
        kill -KILL $left 2>/dev/null || true
        sleep 0.1
    done
}

interrupt() {
    trap '' INT TERM
    end_session "$1" 2>/dev/null
    dist/fairway-lab clean >&2 || true
    rm -f "$log"
    fail "interrupted"
}

# What there is on this host of the kinds that tests make.
standing() {
    {
        ip netns list | awk '{ print "network namespace", $1 }'
        ip -o link | awk '{ sub(/[@:].*/, "", $2); print "link", $2 }'
        nft list tables
        find /run/fairway-lab /run/fairway-cni /var/lib/cni/networks -mindepth 1 -printf 'file %p\n' 2>/dev/null || true
    } | LC_ALL=C sort -u
}

suites=("$@")
[ ${#suites[@]} -gt 0 ] || for directory in Tests/*Tests; do suites+=("$(basename "$directory")"); done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
totals=()
broken=()
! is_root || before=$(standing)
for suite in "${suites[@]}"; do
    limit=$(limit "$suite")
    say "$suite (at most $limit s)"
    status=0
    began=$SECONDS
    within "$limit" swift test -c release --skip-build --filter "^$suite\\." || status=$?
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
    totals+=("${total:-no total}  [$suite] took $((SECONDS - began)) of $limit s")
done

if is_root; then
    while read -r line; do
        broken+=("left behind: $line")
    done < <(LC_ALL=C comm -13 <(printf '%s\n' "$before") <(standing))
fi
for line in "${broken[@]}"; do printf 'error: %s\n' "$line" >&2; done
is_root || say "NOT ROOT: tests against the real kernel were SKIPPED"
[ "$times" -gt 1 ] || [ $# -gt 0 ] || say "tests: took $SECONDS of $(budget tests) s"
printf '%s\n' "${totals[@]}"
[ ${#broken[@]} -eq 0 ]
