#include "BareLoop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define ROOM (128 << 10)
#define FULL (48 << 10)

struct batch {
    char *memory;
    size_t capacity, used;
    uint32_t sequence;
    struct nlmsghdr *last;
};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static char *reserve(struct batch *b) {
    if (b->capacity - b->used < ROOM) {
        b->capacity = b->capacity * 2 + ROOM;
        b->memory = realloc(b->memory, b->capacity);
    }
    return b->memory + b->used;
}

static void finish(struct batch *b, struct nlmsghdr *h) { b->used += (h->nlmsg_len + 3) & ~3u; }

static void send_elements(struct batch *b, struct nftnl_set *set, int type, int flags) {
    struct nlmsghdr *h = nftnl_nlmsg_build_hdr(reserve(b), type, NFPROTO_IPV4, flags, b->sequence++);
    nftnl_set_elems_nlmsg_build_payload(h, set);
    b->last = (void *)((char *)h - b->memory);
    finish(b, h);
}

static struct nftnl_set *make_set(const char *name) {
    struct nftnl_set *set = nftnl_set_alloc();
    nftnl_set_set_str(set, NFTNL_SET_TABLE, "fairway");
    nftnl_set_set_str(set, NFTNL_SET_NAME, name);
    return set;
}

/* Adds an element to the set object and sends the object's elements when they fill a message. */
static struct nftnl_set *add(struct batch *b, struct nftnl_set *set, const char *name, size_t *size, int type, int flags,
                             const void *key, uint32_t key_length, const void *data, uint32_t data_length,
                             const char *comment) {
    struct nftnl_set_elem *e = nftnl_set_elem_alloc();
    nftnl_set_elem_set(e, NFTNL_SET_ELEM_KEY, key, key_length);
    if (data) nftnl_set_elem_set(e, NFTNL_SET_ELEM_DATA, data, data_length);
    if (comment) {
        unsigned char user_data[160];
        size_t length = strlen(comment) + 1;
        user_data[0] = 0;
        user_data[1] = length;
        memcpy(user_data + 2, comment, length);
        nftnl_set_elem_set(e, NFTNL_SET_ELEM_USERDATA, user_data, length + 2);
    }
    nftnl_set_elem_add(set, e);
    *size += key_length + data_length + 32 + (comment ? strlen(comment) + 8 : 0);
    if (*size < FULL) return set;
    send_elements(b, set, type, flags);
    nftnl_set_free(set);
    *size = 0;
    return make_set(name);
}

static int64_t send_batch(const char *memory, size_t used, uint32_t expected) {
    /* A socket's close waits for the kernel's grace period, so each thread keeps its own until it ends. */
    static __thread struct mnl_socket *s;
    if (!s) {
        s = mnl_socket_open(NETLINK_NETFILTER);
        if (!s || mnl_socket_bind(s, 0, 0) < 0) return -errno;
    }
    int size = used + 65536;
    setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    int64_t result = -EPROTO;
    if (mnl_socket_sendto(s, memory, used) < 0) {
        result = -errno;
    } else {
        char buffer[65536];
        int n;
        while ((n = recv(mnl_socket_get_fd(s), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
            struct nlmsghdr *h = (void *)buffer;
            for (; mnl_nlmsg_ok(h, n); h = mnl_nlmsg_next(h, &n)) {
                if (h->nlmsg_type != NLMSG_ERROR) continue;
                struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
                if (e->error) result = e->error;
                else if (h->nlmsg_seq == expected && result == -EPROTO) result = 0;
            }
        }
    }
    return result;
}

static int64_t commit(struct batch *b) {
    struct nlmsghdr *last = (void *)(b->memory + (size_t)b->last);
    last->nlmsg_flags |= NLM_F_ACK;
    uint32_t expected = last->nlmsg_seq;
    finish(b, nftnl_batch_end(reserve(b), b->sequence++));
    return send_batch(b->memory, b->used, expected);
}

int64_t bare_replay(const void *bytes, uint64_t count, uint32_t expected) {
    int64_t start = now();
    int64_t result = send_batch(bytes, count, expected);
    return result < 0 ? result : now() - start;
}

int64_t bare_first_sync(uint32_t services, uint32_t endpoints) {
    int64_t start = now();
    struct batch b = {0};
    int flags = NLM_F_CREATE | NLM_F_EXCL;
    size_t size = 0;
    finish(&b, nftnl_batch_begin(reserve(&b), b.sequence++));
    struct nftnl_set *set = make_set("endpoints");
    for (uint32_t i = 0; i < services; i++)
        for (uint32_t slot = 0; slot < endpoints; slot++) {
            uint32_t key[4] = {htonl(0x0a600000 + i), 6, htonl(80u << 16), slot};
            uint32_t data[2] = {htonl(0x0b000000 + i * endpoints + slot), htonl(8080u << 16)};
            set = add(&b, set, "endpoints", &size, NFT_MSG_NEWSETELEM, flags, key, 16, data, 8, NULL);
        }
    send_elements(&b, set, NFT_MSG_NEWSETELEM, flags);
    nftnl_set_free(set);
    set = make_set("counted");
    size = 0;
    for (uint32_t i = 0; i < services; i++) {
        uint32_t key[3] = {htonl(0x0a600000 + i), 6, htonl(80u << 16)};
        set = add(&b, set, "counted", &size, NFT_MSG_NEWSETELEM, flags, key, 12, NULL, 0, NULL);
    }
    send_elements(&b, set, NFT_MSG_NEWSETELEM, flags);
    nftnl_set_free(set);
    set = make_set("cluster-ips");
    size = 0;
    for (uint32_t i = 0; i < services; i++) {
        uint32_t key[1] = {htonl(0x0a600000 + i)};
        set = add(&b, set, "cluster-ips", &size, NFT_MSG_NEWSETELEM, flags, key, 4, NULL, 0, NULL);
    }
    send_elements(&b, set, NFT_MSG_NEWSETELEM, flags);
    nftnl_set_free(set);
    set = make_set("services");
    size = 0;
    for (uint32_t i = 0; i < services; i++) {
        uint32_t key[3] = {htonl(0x0a600000 + i), 6, htonl(80u << 16)};
        uint32_t shape = 1u << 16 | endpoints;
        char comment[64];
        snprintf(comment, sizeof comment, "bench/service-%u", i);
        set = add(&b, set, "services", &size, NFT_MSG_NEWSETELEM, flags, key, 12, &shape, 4, comment);
    }
    send_elements(&b, set, NFT_MSG_NEWSETELEM, flags);
    nftnl_set_free(set);
    int64_t result = commit(&b);
    free(b.memory);
    return result < 0 ? result : now() - start;
}

int64_t bare_replace_endpoint(uint32_t service, uint32_t address) {
    int64_t start = now();
    struct batch b = {0};
    size_t size = 0;
    uint32_t key[4] = {htonl(0x0a600000 + service), 6, htonl(80u << 16), 0};
    uint32_t data[2] = {htonl(address), htonl(8080u << 16)};
    finish(&b, nftnl_batch_begin(reserve(&b), b.sequence++));
    struct nftnl_set *set = make_set("endpoints");
    set = add(&b, set, "endpoints", &size, NFT_MSG_DELSETELEM, 0, key, 16, NULL, 0, NULL);
    send_elements(&b, set, NFT_MSG_DELSETELEM, 0);
    nftnl_set_free(set);
    set = make_set("endpoints");
    set = add(&b, set, "endpoints", &size, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL, key, 16, data, 8, NULL);
    send_elements(&b, set, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL);
    nftnl_set_free(set);
    int64_t result = commit(&b);
    free(b.memory);
    return result < 0 ? result : now() - start;
}
