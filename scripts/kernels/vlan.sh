#!/usr/bin/env bash
# A bridge that filters by VLAN: pods of one VLAN hear each other and nobody else.
. "$(dirname "$0")/../common.sh"
. scripts/kernels/check.sh

modprobe 8021q
# Pods have addresses of one subnet, whatever their VLAN.
conf() {
    printf '{"cniVersion":"1.1.0","name":"vlans","type":"fairway","bridge":"vlan0","isGateway":false%s,"ipam":{"subnet":"10.91.0.0/24","rangeStart":"10.91.0.10"}}' "$1"
}
join() {
    ip netns add "$1"
    check "ADD of $1 with ${2:-no VLAN}" plugin ADD "$(conf "$2")" "$1"
}
address_of() { ip -n "$1" -4 -o addr show eth0 | awk '{ sub("/.*", "", $4); print $4 }'; }
hears() { ip netns exec "$1" ping -c 1 -W 2 "$(address_of "$2")" >/dev/null; }

join a100 ',"vlan":100'
join b100 ',"vlan":100'
join c200 ',"vlan":200'
join trunk ',"vlanTrunk":[{"id":100},{"minID":300,"maxID":310}]'
join plain ''
join both ',"vlan":200,"preserveDefaultVlan":true'
check "the bridge filters" bash -c 'ip -d link show vlan0 | grep -q "vlan_filtering 1"'
check "two pods of one VLAN reach each other" hears a100 b100
check "a pod of another VLAN is not reached" fails hears a100 c200
check "nor one of the bridge's default VLAN" fails hears a100 plain
check "a trunk has the default VLAN untagged" hears trunk plain

# Questions that a pod of the bridge's default VLAN asks everybody come to none of another VLAN, unless its configuration
# keeps it in both.
for pod in c200 both; do
    ip netns exec $pod nft 'table arp heard { chain input { type filter hook input priority 0; counter; }; }'
done
for target in 50 51 52 53; do ip netns exec plain ping -c 1 -W 1 10.91.0.$target >/dev/null; done
heard() { ip netns exec "$1" nft list table arp heard | sed -nE 's/.*counter packets ([0-9]+) .*/\1/p'; }
check "a pod of VLAN 200 hears none of the default VLAN's broadcasts" test "$(heard c200)" -eq 0
check "one with preserveDefaultVlan hears them" test "$(heard both)" -ge 4

# Tagged, by a device of 8021q's in the trunk's pod.
ip -n trunk link add link eth0 name eth0.100 type vlan id 100
ip -n trunk addr add 10.91.0.200/24 dev eth0.100
ip -n trunk addr flush dev eth0
ip -n trunk link set eth0.100 up
check "a trunk's tagged frames reach the VLAN" ip netns exec trunk ping -c 2 -W 2 "$(address_of a100)"
check "and no other" fails ip netns exec trunk ping -c 1 -W 1 "$(address_of c200)"

for pod in a100 b100 c200 trunk plain both; do
    plugin DEL "$(conf '')" $pod >/dev/null
    ip netns delete $pod
done
check "no link of a pod is left" bash -c '! ip -o link show type veth | grep .'
ip link delete vlan0
conclude
