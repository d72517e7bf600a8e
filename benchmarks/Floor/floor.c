/*
 * The floor under a plugin's ADD and DEL: a process that only sends the raw netlink batches a pod needs and reads their
 * acknowledgements. It checks nothing, leases nothing and prints nothing.
 *
 *   fairway-floor add NETNS BRIDGE HOSTLINK N    pod number N gets 10.239.N/16 and fd00:239::N/64
 *   fairway-floor del HOSTLINK
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char batch[8192];
static size_t used;
static int messages;
static struct nlmsghdr *current;

static void *reserve(size_t size) {
    void *place = batch + used;
    memset(place, 0, NLMSG_ALIGN(size));
    used += NLMSG_ALIGN(size);
    return place;
}

static void begin(int type, int flags, const void *header, size_t size) {
    current = reserve(NLMSG_HDRLEN);
    current->nlmsg_type = type;
    current->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    current->nlmsg_seq = ++messages;
    memcpy(reserve(size), header, size);
}

static void end(void) { current->nlmsg_len = batch + used - (char *)current; }

static struct rtattr *put(int type, const void *data, size_t size) {
    struct rtattr *attribute = reserve(RTA_LENGTH(size));
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(size);
    if (size) memcpy(RTA_DATA(attribute), data, size);
    return attribute;
}

static void put_text(int type, const char *text) { put(type, text, strlen(text) + 1); }
static void put_number(int type, unsigned number) { put(type, &number, sizeof number); }
static void close_nest(struct rtattr *nest) { nest->rta_len = batch + used - (char *)nest; }

static int open_socket(void) {
    int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
    return fd;
}

/* Sends the batch and waits for one acknowledgement a message; ends the program at the first refusal. */
static void flush(int fd, const char *what) {
    char answer[16384];
    int pending = messages;
    if (send(fd, batch, used, 0) < 0) exit(3);
    while (pending > 0) {
        int length = recv(fd, answer, sizeof answer, 0);
        for (struct nlmsghdr *m = (struct nlmsghdr *)answer; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length)) {
            if (m->nlmsg_type != NLMSG_ERROR) continue;
            int error = ((struct nlmsgerr *)NLMSG_DATA(m))->error;
            pending--;
            if (error) {
                fprintf(stderr, "floor: %s, message %u: %s\n", what, m->nlmsg_seq, strerror(-error));
                exit(2);
            }
        }
    }
    used = messages = 0;
}

static void put_address(int family, int index, const void *bytes, size_t size, int prefix) {
    struct ifaddrmsg header = {.ifa_family = family, .ifa_prefixlen = prefix, .ifa_index = index};
    begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    put(IFA_LOCAL, bytes, size);
    put(IFA_ADDRESS, bytes, size);
    put_number(IFA_FLAGS, IFA_F_NODAD);
    end();
}

static void put_default_route(int family, int index, const void *gateway, size_t size) {
    struct rtmsg header = {
        .rtm_family = family, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST};
    begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    put(RTA_GATEWAY, gateway, size);
    put_number(RTA_OIF, index);
    end();
}

static void put_up(int index) {
    struct ifinfomsg header = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    begin(RTM_NEWLINK, 0, &header, sizeof header);
    end();
}

static void add(const char *namespace_path, const char *bridge, const char *host_link, unsigned number) {
    unsigned char mac[6] = {0x0a, 0x58, 10, 239, number >> 8, number};
    int namespace = open(namespace_path, O_RDONLY | O_CLOEXEC), host = open_socket();
    struct ifinfomsg up = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP}, none = {0};

    begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
    put_text(IFLA_IFNAME, host_link);
    put_number(IFLA_MASTER, if_nametoindex(bridge));
    struct rtattr *info = put(IFLA_LINKINFO, NULL, 0);
    put_text(IFLA_INFO_KIND, "veth");
    struct rtattr *data = put(IFLA_INFO_DATA, NULL, 0), *peer = put(VETH_INFO_PEER, NULL, 0);
    memcpy(reserve(sizeof none), &none, sizeof none);
    put_text(IFLA_IFNAME, "eth0");
    put(IFLA_ADDRESS, mac, sizeof mac);
    put_number(IFLA_NET_NS_FD, namespace);
    close_nest(peer);
    close_nest(data);
    close_nest(info);
    end();
    begin(RTM_NEWLINK, 0, &none, sizeof none);
    put_text(IFLA_IFNAME, host_link);
    info = put(IFLA_LINKINFO, NULL, 0);
    put_text(IFLA_INFO_SLAVE_KIND, "bridge");
    data = put(IFLA_INFO_SLAVE_DATA, NULL, 0);
    unsigned char hairpin = 1;
    put(IFLA_BRPORT_MODE, &hairpin, 1);
    close_nest(data);
    close_nest(info);
    end();
    flush(host, "host");

    if (setns(namespace, CLONE_NEWNET)) exit(4);
    int pod = open_socket(), index = if_nametoindex("eth0");
    unsigned char v4[4] = {10, 239, number >> 8, number}, v4_gateway[4] = {10, 239, 0, 1};
    unsigned char v6[16] = {0xfd, 0, 2, 0x39, [14] = number >> 8, number}, v6_gateway[16] = {0xfd, 0, 2, 0x39, [15] = 1};
    put_up(1);
    put_address(AF_INET, index, v4, sizeof v4, 16);
    put_address(AF_INET6, index, v6, sizeof v6, 64);
    put_up(index);
    put_default_route(AF_INET, index, v4_gateway, sizeof v4_gateway);
    put_default_route(AF_INET6, index, v6_gateway, sizeof v6_gateway);
    flush(pod, "pod");
}

int main(int argc, char **argv) {
    if (argc == 6 && !strcmp(argv[1], "add")) {
        add(argv[2], argv[3], argv[4], atoi(argv[5]));
        return 0;
    }
    if (argc == 3 && !strcmp(argv[1], "del")) {
        struct ifinfomsg none = {0};
        begin(RTM_DELLINK, 0, &none, sizeof none);
        put_text(IFLA_IFNAME, argv[2]);
        end();
        flush(open_socket(), "delete");
        return 0;
    }
    fprintf(stderr, "usage: fairway-floor add NETNS BRIDGE HOSTLINK NUMBER | del HOSTLINK\n");
    return 1;
}
