#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "library.h"

/* A generator of numbers, the same for both libraries. */
static uint32_t next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static uint32_t below(uint32_t *state, uint32_t limit) { return next(state) % limit; }

static const char *const texts[] = { "", "a", "abc", "fairway", "host-ports", "0123456789abcdef" };

static void put_something(const struct netlink_library *mnl, struct nlmsghdr *message, uint32_t *state, int depth)
{
    uint16_t type = (uint16_t)below(state, 40);
    const char *text = texts[below(state, sizeof(texts) / sizeof(*texts))];

    switch (below(state, depth > 3 ? 7 : 9)) {
    case 0: mnl->attr_put_u8(message, type, (uint8_t)next(state)); break;
    case 1: mnl->attr_put_u16(message, type, (uint16_t)next(state)); break;
    case 2: mnl->attr_put_u32(message, type, next(state)); break;
    case 3: mnl->attr_put_u64(message, type, (uint64_t)next(state) << 32 | next(state)); break;
    case 4: mnl->attr_put_str(message, type, text); break;
    case 5: mnl->attr_put_strz(message, type, text); break;
    case 6: mnl->attr_put(message, type, below(state, 17), "sixteen bytes..."); break;
    default: {
        struct nlattr *nest = mnl->attr_nest_start(message, type);
        uint32_t count = below(state, 4);

        for (uint32_t i = 0; i < count; i++)
            put_something(mnl, message, state, depth + 1);
        mnl->attr_nest_end(message, nest);
    }
    }
}

size_t comparison_build(const struct netlink_library *mnl, uint32_t seed, uint8_t fill, uint8_t *out, size_t room)
{
    static const size_t reserve = 8192;
    uint32_t state = seed | 1;
    size_t limit = below(&state, 3000);
    struct mnl_nlmsg_batch *batch;
    bool fits = true;

    memset(out, fill, room);
    if (room < limit + reserve || (batch = mnl->nlmsg_batch_start(out, limit)) == NULL)
        return 0;
    for (int messages = 0; messages < 20 && fits; messages++) {
        struct nlmsghdr *message = mnl->nlmsg_put_header(mnl->nlmsg_batch_current(batch));
        uint32_t count = below(&state, 6);

        message->nlmsg_type = (uint16_t)below(&state, 40);
        message->nlmsg_flags = (uint16_t)(below(&state, 8) ? 0 : NLM_F_DUMP_INTR);
        message->nlmsg_seq = below(&state, 3);
        message->nlmsg_pid = below(&state, 3);
        if (below(&state, 2))
            *(uint8_t *)mnl->nlmsg_put_extra_header(message, 1 + below(&state, 9)) = 7;
        for (uint32_t i = 0; i < count; i++)
            put_something(mnl, message, &state, 0);
        fits = mnl->nlmsg_batch_next(batch);
    }
    /* What the batch says of itself follows its bytes. */
    size_t size = mnl->nlmsg_batch_size(batch);
    size_t current = (size_t)((uint8_t *)mnl->nlmsg_batch_current(batch) - out);
    size_t head = (size_t)((uint8_t *)mnl->nlmsg_batch_head(batch) - out);
    uint8_t *end = out + size;

    end[0] = (uint8_t)fits;
    end[1] = (uint8_t)(current - size);
    end[2] = (uint8_t)head;
    end[3] = (uint8_t)mnl->nlmsg_batch_is_empty(batch);
    mnl->nlmsg_batch_stop(batch);
    return size + 4;
}

struct journal {
    const struct netlink_library *mnl;
    uint8_t *bytes;
    size_t count;
    size_t room;
    uint32_t state;
    int depth;
};

static void note(struct journal *journal, int64_t value)
{
    if (journal->room - journal->count < sizeof(value))
        return;
    memcpy(journal->bytes + journal->count, &value, sizeof(value));
    journal->count += sizeof(value);
}

static void note_result(struct journal *journal, int result)
{
    note(journal, result);
    note(journal, result < 0 ? errno : 0);
}

static int note_attribute(const struct nlattr *attr, void *data)
{
    struct journal *journal = data;
    const struct netlink_library *mnl = journal->mnl;
    uint16_t length = mnl->attr_get_payload_len(attr);

    note(journal, mnl->attr_get_type(attr));
    note(journal, length);
    note(journal, (const char *)mnl->attr_get_payload(attr) - (const char *)attr);
    note(journal, mnl->attr_get_str(attr) - (const char *)attr);
    note(journal, (const char *)mnl->attr_next(attr) - (const char *)attr);
    for (int type = MNL_TYPE_UNSPEC; type <= MNL_TYPE_MAX + 1; type++)
        note_result(journal, mnl->attr_validate(attr, (enum mnl_attr_data_type)type));
    for (uint16_t highest = 0; highest < 40; highest += 7)
        note_result(journal, mnl->attr_type_valid(attr, highest));
    if (length >= 1)
        note(journal, mnl->attr_get_u8(attr));
    if (length >= 2)
        note(journal, mnl->attr_get_u16(attr));
    if (length >= 4)
        note(journal, mnl->attr_get_u32(attr));
    if (length >= 8)
        note(journal, (int64_t)mnl->attr_get_u64(attr));
    if (journal->depth < 5) {
        journal->depth++;
        note_result(journal, mnl->attr_parse_nested(attr, note_attribute, journal));
        journal->depth--;
    }
    /* Now and then a callback has seen enough, or fails. */
    switch (below(&journal->state, 20)) {
    case 0: return MNL_CB_STOP;
    case 1: return MNL_CB_ERROR;
    default: return MNL_CB_OK;
    }
}

static int note_message(const struct nlmsghdr *message, void *data)
{
    struct journal *journal = data;
    const struct netlink_library *mnl = journal->mnl;
    unsigned int offset = below(&journal->state, 9);

    note(journal, (int64_t)mnl->nlmsg_get_payload_len(message));
    note(journal, (const char *)mnl->nlmsg_get_payload(message) - (const char *)message);
    note(journal, (const char *)mnl->nlmsg_get_payload_offset(message, offset) - (const char *)message);
    note(journal, (const char *)mnl->nlmsg_get_payload_tail(message) - (const char *)message);
    for (unsigned int number = 0; number < 3; number++)
        note(journal, mnl->nlmsg_seq_ok(message, number) * 2 + mnl->nlmsg_portid_ok(message, number));
    note_result(journal, mnl->attr_parse(message, offset, note_attribute, journal));
    return below(&journal->state, 10) ? MNL_CB_OK : MNL_CB_STOP;
}

_Bool comparison_accepts(const struct netlink_library *mnl, const uint8_t *bytes, size_t count)
{
    return mnl->nlmsg_ok((const struct nlmsghdr *)bytes, (int)count);
}

static bool is_fatal_to_libmnl(const uint8_t *bytes, size_t count)
{
    size_t place = 0;

    while (count >= place + sizeof(struct nlmsghdr)) {
        uint32_t length = ((const struct nlmsghdr *)(bytes + place))->nlmsg_len;

        if (length > INT32_MAX)
            return true;
        if (length < sizeof(struct nlmsghdr) || length > count - place)
            return false;
        place += MNL_ALIGN(length);
    }
    return false;
}

size_t comparison_parse(
    const struct netlink_library *mnl, uint32_t seed, const uint8_t *bytes, size_t count, uint8_t *log, size_t room)
{
    struct journal journal = { .mnl = mnl, .bytes = log, .room = room, .state = seed | 1 };
    const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;
    int rest = (int)count;

    if (is_fatal_to_libmnl(bytes, count))
        return 0;
    note(&journal, (int64_t)mnl->nlmsg_size(count));
    for (int i = 0; i < 30 && mnl->nlmsg_ok(message, rest); i++) {
        note_message(message, &journal);
        message = mnl->nlmsg_next(message, &rest);
        note(&journal, rest);
        note(&journal, (const uint8_t *)message - bytes);
    }
    for (unsigned int seq = 0; seq < 3; seq++)
        for (unsigned int port = 0; port < 3; port++) {
            note_result(&journal, mnl->cb_run(bytes, count, seq, port, note_message, &journal));
            note_result(&journal, mnl->cb_run(bytes, count, seq, port, NULL, NULL));
        }
    return journal.count;
}

size_t comparison_socket(const struct netlink_library *mnl, uint8_t *log, size_t room)
{
    struct journal journal = { .mnl = mnl, .bytes = log, .room = room };
    struct mnl_socket *nl = mnl->socket_open(-5);
    uint8_t bytes[256] __attribute__((aligned(8)));
    int on = 1;

    note_result(&journal, nl == NULL ? -1 : 0);
    nl = mnl->socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (nl == NULL)
        return 0;
    note(&journal, mnl->socket_get_portid(nl));
    note_result(&journal, mnl->socket_bind(nl, 0, MNL_SOCKET_AUTOPID));
    /* Bound once, it keeps its port. */
    note_result(&journal, mnl->socket_bind(nl, 0, (pid_t)mnl->socket_get_portid(nl) + 1));

    struct sockaddr_nl address;
    socklen_t length = sizeof(address);

    note_result(&journal, getsockname(mnl->socket_get_fd(nl), (struct sockaddr *)&address, &length));
    note_result(&journal, mnl->socket_setsockopt(nl, NETLINK_CAP_ACK, &on, sizeof(on)));
    note_result(&journal, mnl->socket_setsockopt(nl, 9999, &on, sizeof(on)));
    mnl->socket_close(nl);

    nl = mnl->socket_open(NETLINK_ROUTE);
    if (nl == NULL)
        return 0;
    note_result(&journal, mnl->socket_bind(nl, 0, MNL_SOCKET_AUTOPID));
    length = sizeof(address);
    note_result(&journal, getsockname(mnl->socket_get_fd(nl), (struct sockaddr *)&address, &length));
    note(&journal, mnl->socket_get_portid(nl) == address.nl_pid);
    for (int attempt = 0; attempt < 3; attempt++) {
        struct nlmsghdr *message = mnl->nlmsg_put_header(bytes);

        message->nlmsg_type = attempt == 1 ? 0x3fff : NLMSG_NOOP;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
        message->nlmsg_seq = 7;
        note(&journal, mnl->socket_sendto(nl, message, message->nlmsg_len));

        ssize_t count = mnl->socket_recvfrom(nl, bytes, attempt == 2 ? 8 : sizeof(bytes));

        note_result(&journal, (int)count);
        if (count > 0)
            note_result(&journal, mnl->cb_run(bytes, (size_t)count, 7, address.nl_pid, NULL, NULL));
    }
    note_result(&journal, (int)mnl->socket_sendto(nl, NULL, 1 << 30));
    note_result(&journal, mnl->socket_close(nl));
    return journal.count;
}
