#!/usr/bin/env bash
# Counts what Fairway computes in user space, by callgrind: instructions.sh [BUILD]. Needs root: it makes network namespaces.
#
# BUILD is a folder with unstripped `fairway` and `fairway-bench` (.build/release). Unlike times, the counts hardly depend on
# the machine or on what else it does: two builds can be compared to the percent.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin
# glibc's plainest memset and memcpy: of those with `rep stosb` valgrind counts each byte.
# And the same order of hash tables in each run.
export SWIFT_DETERMINISTIC_HASHING=1
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX2,-AVX,-ERMS,-AVX512VL,-EVEX
repetitions=3

fail() { echo "instructions: $*" >&2; exit 1; }

# The instructions that a command executes in user space: count OPTIONS... -- COMMAND...
count() {
    local options=()
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    if ! valgrind --tool=callgrind "${options[@]}" --callgrind-out-file=/dev/null "$@" >"$work/output" 2>"$work/log"; then
        cat "$work/output" "$work/log" >&2
        fail "$* failed"
    fi
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$work/log"
}

# Prints the median of its arguments, and all of them.
summary() {
    local what=$1 sorted
    shift
    mapfile -t sorted < <(printf '%s\n' "$@" | sort -n)
    echo "$what: ${sorted[$#/2]} instructions ($*)"
}

if [ "${1:-}" = one-add ]; then
    # Within a namespace of its own: the second ADD of a node, so that bridge and tables are there.
    work=$2
    mount -t tmpfs none /run
    mkdir /run/netns
    ip link set lo up
    for number in 1 2; do
        ip netns add "pod$number"
        export CNI_COMMAND=ADD CNI_CONTAINERID=pod$number CNI_NETNS=/run/netns/pod$number CNI_IFNAME=eth0 CNI_PATH=/none
        configuration='{"cniVersion":"1.1.0","name":"pods","type":"fairway","bridge":"cni0","ipMasq":true,
            "ipam":{"dataDir":"/run/leases","ranges":[[{"subnet":"10.85.0.0/24"}],[{"subnet":"fd85::/64"}]],
            "routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]},
            "runtimeConfig":{"portMappings":[{"hostPort":'$((9000 + number))',"containerPort":80,"protocol":"tcp"}]}}'
        if [ $number = 1 ]; then
            "$work/fairway" <<<"$configuration" >/dev/null
        else
            # SwiftPM gives a program's main another name as well, at the same place: callgrind knows it by one of them.
            count --toggle-collect=main --toggle-collect=fairway_main -- "$work/fairway" <<<"$configuration"
        fi
    done
    exit
fi

build=${1:-$(dirname "$0")/../.build/release}
command -v valgrind >/dev/null || fail "valgrind is missing; install the Debian package that has it"
[ "$(id -u)" -eq 0 ] || fail "network namespaces are made: run as root"
[ -x "$build/fairway" ] && [ -x "$build/fairway-bench" ] || fail "$build has no fairway and fairway-bench; run 'make build'"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Symbols are needed, and valgrind cannot read Swift's debugging information.
for program in fairway fairway-bench; do strip -g -o "$work/$program" "$build/$program"; done

for services in 100 10000; do
    values=()
    for ((round = 0; round < repetitions; round++)); do
        few=$(count -- "$work/fairway-bench" changes --services $services --changes 200)
        many=$(count -- "$work/fairway-bench" changes --services $services --changes 1200)
        values+=($(((many - few) / 1000)))
    done
    summary "one endpoint replaced, $services Services with 10 endpoints each" "${values[@]}"
done

values=()
for ((round = 0; round < repetitions; round++)); do
    values+=("$(unshare --net --mount --propagation private "$0" one-add "$work")")
done
summary "ADD from main, masquerade and one TCP host port, the node's second pod" "${values[@]}"
