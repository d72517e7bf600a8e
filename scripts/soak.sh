#!/usr/bin/env bash
# The long form of the tests of chance and of storms: soak.sh [TIMES], so many times the rounds of CI. Outside `make test`.
. "$(dirname "$0")/common.sh"

is_root || fail "network namespaces are made: run as root (sudo make soak)"
export FAIRWAY_SOAK=${1:-10}
[ "$FAIRWAY_SOAK" -ge 1 ] 2>/dev/null || fail "$FAIRWAY_SOAK is no number of times"

# Those that have a long form.
mapfile -t suites < <(grep -rl 'Soak\.' Tests/*Tests | cut -d / -f 2 | sort -u)
say "$FAIRWAY_SOAK times the rounds of CI: ${suites[*]}"
exec scripts/test.sh "${suites[@]}"
