set -e
ip link set lo up
ip -batch - <<'E'
link add up0 type veth peer name up1
addr add 192.0.2.1/24 dev up0
addr add 2001:db8::1/64 dev up0 nodad
link set up0 up
link set up1 up
link add cni0 address 0a:58:0a:55:00:01 type bridge nf_call_iptables 1 nf_call_ip6tables 1
link set cni0 up
addr add 10.85.0.1/24 dev cni0
addr add fd85::1/64 dev cni0 nodad
link add cni1 address 0a:58:0a:56:00:01 type bridge nf_call_iptables 1 nf_call_ip6tables 1
link set cni1 up
addr add 10.86.0.1/24 dev cni1
addr add fd86::1/64 dev cni1 nodad
link add veth76fb43b3be7 address 06:58:0a:55:00:02 type veth peer name eth0 address 0a:58:0a:55:00:02 netns /run/netns/a
link set veth76fb43b3be7 alias "fairway network pods container container-a interface eth0"
link set veth76fb43b3be7 master cni0 up
link set veth76fb43b3be7 type bridge_slave hairpin on
link add vethfd82b09f5e8 address 06:58:0a:56:00:02 type veth peer name eth0 address 0a:58:0a:56:00:02 netns /run/netns/b
link set vethfd82b09f5e8 alias "fairway network edge container container-b interface eth0"
link set vethfd82b09f5e8 master cni1 up
link set vethfd82b09f5e8 type bridge_slave hairpin on
link add veth1eecda334ae address 06:58:0a:55:00:03 type veth peer name eth0 address 0a:58:0a:55:00:03 netns /run/netns/c
link set veth1eecda334ae alias "fairway network pods container container-c interface eth0"
link set veth1eecda334ae master cni0 up
link set veth1eecda334ae type bridge_slave hairpin on
E
nsenter --net=/run/netns/a ip -batch - <<'E'
link set lo up
link set eth0 up
addr add 10.85.0.2/24 dev eth0
addr add fd85::2/64 dev eth0 nodad
route add default via 10.85.0.1 dev eth0
route add default via fd85::1 dev eth0
E
nsenter --net=/run/netns/b ip -batch - <<'E'
link set lo up
link set eth0 up
addr add 10.86.0.2/24 dev eth0
addr add fd86::2/64 dev eth0 nodad
route add default via 10.86.0.1 dev eth0
route add default via fd86::1 dev eth0
E
nsenter --net=/run/netns/c ip -batch - <<'E'
link set lo up
link set eth0 up
addr add 10.85.0.3/24 dev eth0
addr add fd85::3/64 dev eth0 nodad
route add default via 10.85.0.1 dev eth0
route add default via fd85::1 dev eth0
E
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
echo 0 >/proc/sys/net/ipv4/conf/cni0/route_localnet
echo 1 >/proc/sys/net/ipv4/conf/cni0/forwarding
echo 1 >/proc/sys/net/ipv4/conf/cni1/route_localnet
echo 1 >/proc/sys/net/ipv4/conf/cni1/forwarding
