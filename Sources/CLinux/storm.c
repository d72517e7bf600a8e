#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "CLinux.h"

enum { BURST = 512, PAYLOAD = 4, UDP_LENGTH = sizeof(struct udphdr) + PAYLOAD };

/* The 16-bit ones' complement sum of RFC 1071 over an even number of bytes. */
static uint32_t sum(uint32_t start, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i += 2) start += (uint32_t)at[i] << 8 | at[i + 1];
    return start;
}

static uint16_t fold(uint32_t total) {
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return (uint16_t)~total;
}

struct packet {
    union {
        struct iphdr v4;
        struct ip6_hdr v6;
    } ip;
    uint8_t udp[UDP_LENGTH];
};

/* conntrack leaves a packet alone whose checksum is wrong, and IPv6 has no "no checksum": it is always filled in. */
static void fill_udp(uint8_t *at, uint32_t addresses, uint16_t source_port, uint16_t target_port) {
    struct udphdr header = {htons(source_port), htons(target_port), htons(UDP_LENGTH), 0};
    uint32_t total = addresses + IPPROTO_UDP + UDP_LENGTH + source_port + target_port + UDP_LENGTH;
    uint16_t check = fold(total);
    header.check = htons(check == 0 ? 0xffff : check);
    memset(at, 0, UDP_LENGTH);
    memcpy(at, &header, sizeof header);
}

static void fill_v4(struct iphdr *ip, const uint8_t *source, const uint8_t *target) {
    memset(ip, 0, sizeof *ip);
    ip->version = 4;
    ip->ihl = 5;
    ip->ttl = 64;
    ip->protocol = IPPROTO_UDP;
    ip->tot_len = htons(sizeof *ip + UDP_LENGTH);
    memcpy(&ip->saddr, source, 4);
    memcpy(&ip->daddr, target, 4);
}

static void fill_v6(struct ip6_hdr *ip, const uint8_t *source, const uint8_t *target) {
    memset(ip, 0, sizeof *ip);
    ip->ip6_flow = htonl(6u << 28);
    ip->ip6_plen = htons(UDP_LENGTH);
    ip->ip6_nxt = IPPROTO_UDP;
    ip->ip6_hlim = 64;
    memcpy(&ip->ip6_src, source, 16);
    memcpy(&ip->ip6_dst, target, 16);
}

int fairway_raw_packet_socket(int family) {
    int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (fd < 0) return -1;
    int size = 8 << 20;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    return fd; /* IPPROTO_RAW implies IP_HDRINCL, and for IPv6 that the header comes along too (raw(7), ipv6_raw). */
}

int fairway_udp_burst(int fd, int family, const uint8_t *source, const uint8_t *target, uint16_t target_port,
                      uint16_t first_port, int count) {
    static _Thread_local struct packet packets[BURST];
    static _Thread_local struct iovec parts[BURST];
    static _Thread_local struct mmsghdr messages[BURST];
    union {
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to = {0};
    size_t address_size = family == 4 ? 4 : 16;
    size_t header_size = family == 4 ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
    if (count < 0 || count > BURST || (family != 4 && family != 6)) {
        errno = EINVAL;
        return -1;
    }
    if (family == 4) {
        to.v4.sin_family = AF_INET;
        memcpy(&to.v4.sin_addr, target, 4);
    } else {
        to.v6.sin6_family = AF_INET6;
        memcpy(&to.v6.sin6_addr, target, 16);
    }
    uint32_t addresses = sum(sum(0, source, address_size), target, address_size);
    uint32_t port = first_port < 1024 ? 1024 : first_port;
    for (int i = 0; i < count; i++) {
        struct packet *packet = &packets[i];
        /* The UDP part follows an IPv4 header at once, so its place depends on the family. */
        uint8_t *bytes = (uint8_t *)packet;
        if (family == 4) fill_v4(&packet->ip.v4, source, target);
        else fill_v6(&packet->ip.v6, source, target);
        fill_udp(bytes + header_size, addresses, (uint16_t)port, target_port);
        parts[i] = (struct iovec){bytes, header_size + UDP_LENGTH};
        memset(&messages[i], 0, sizeof messages[i]);
        messages[i].msg_hdr.msg_name = &to;
        messages[i].msg_hdr.msg_namelen = family == 4 ? sizeof to.v4 : sizeof to.v6;
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        port = port == 65535 ? 1024 : port + 1;
    }
    return sendmmsg(fd, messages, (unsigned)count, 0);
}
