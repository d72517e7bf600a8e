#!/usr/bin/env bash
# The CNI plugin bridge of containernetworking-plugins 1.1.1 with iptables 1.8.9: DEL with `ipMasq` fails (code 999) where the
# pod's own chain is not there: somebody has flushed the rules, or the network got `ipMasq` after the pod was made. It deletes
# the rule that jumps to the chain first and takes "no such rule" for done; but a rule whose target does not exist cannot even be
# asked for, and iptables ends with status 2 instead of 1, in either variant and with other words. By then the address is given
# back and the interface removed, so the second DEL finds nothing that was masqueraded and succeeds: whoever tries again never
# sees the cause, whoever does not keeps a failed sandbox.
#
# Seen with containernetworking-plugins 1.1.1+ds1-3+b5 and iptables 1.8.9-2:
#     nft: DEL 1, then 0; exit status 2: Chain 'CNI-… does not exist
#     legacy: DEL 1, then 0; exit status 2: Couldn't load target `CNI-…
set -euo pipefail

if [ "${INSIDE:-}" != yes ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    self=$(readlink -f "$0")
    cd "$folder"
    apt-get -qq download containernetworking-plugins=1.1.1+ds1-3+b5 iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 \
        libip6tc2=1.8.9-2 libnftnl11=1.2.4-2 libmnl0=1.0.4-3 2>/dev/null
    for package in ./*.deb; do dpkg-deb -x "$package" tree; done
    LD_LIBRARY_PATH=$folder/tree/usr/lib/x86_64-linux-gnu
    XTABLES_LIBDIR=$LD_LIBRARY_PATH/xtables
    export LD_LIBRARY_PATH XTABLES_LIBDIR folder
    INSIDE=yes unshare --net --mount bash "$self"
    exit
fi

mount -t tmpfs none /run
ip link set lo up
plugins=$folder/tree/usr/lib/cni

# plugin VERB IPMASQ: bridge for the container c1.
plugin() {
    echo '{"cniVersion":"1.0.0","name":"pods","type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":'"$2"',
        "ipam":{"type":"host-local","dataDir":"'"$folder"'/leases","ranges":[[{"subnet":"10.85.0.0/24"}]]}}' |
        CNI_COMMAND=$1 CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$plugins \
            PATH=$folder/bin:$PATH "$plugins/bridge"
}

# deletions VARIANT: the exit codes of two DELs with ipMasq, of a pod that was made without.
deletions() {
    mkdir -p "$folder/bin"
    ln -sf "$folder/tree/usr/sbin/xtables-$1-multi" "$folder/bin/iptables"
    ip netns add pod
    plugin ADD false >/dev/null
    local first=0 second=0
    plugin DEL true >"$folder/said" || first=$?
    plugin DEL true >>"$folder/said" || second=$?
    ip netns del pod
    echo "$first $second"
}

# show VARIANT WORDS
show() {
    local codes
    codes=$(deletions "$1")
    grep -q "exit status 2: .*$2" "$folder/said"
    echo "$1: DEL ${codes/ /, then }; exit status 2: $2"
    [ "$codes" = "1 0" ]
}

show nft "Chain 'CNI-.* does not exist"
show legacy "Couldn't load target .CNI-"
