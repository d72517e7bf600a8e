/* Headers of netlink messages, and messages one behind the other in a buffer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libmnl/libmnl.h>

static void *at(const void *start, size_t offset) { return (char *)start + offset; }

size_t mnl_nlmsg_size(size_t len) { return len + MNL_NLMSG_HDRLEN; }

size_t mnl_nlmsg_get_payload_len(const struct nlmsghdr *message) { return message->nlmsg_len - MNL_NLMSG_HDRLEN; }

struct nlmsghdr *mnl_nlmsg_put_header(void *buffer)
{
    struct nlmsghdr *message = buffer;

    memset(message, 0, MNL_NLMSG_HDRLEN);
    message->nlmsg_len = MNL_NLMSG_HDRLEN;
    return message;
}

void *mnl_nlmsg_put_extra_header(struct nlmsghdr *message, size_t size)
{
    void *header = at(message, message->nlmsg_len);

    memset(header, 0, MNL_ALIGN(size));
    message->nlmsg_len += MNL_ALIGN(size);
    return header;
}

void *mnl_nlmsg_get_payload(const struct nlmsghdr *message) { return at(message, MNL_NLMSG_HDRLEN); }

void *mnl_nlmsg_get_payload_offset(const struct nlmsghdr *message, size_t offset)
{
    return at(message, MNL_NLMSG_HDRLEN + MNL_ALIGN(offset));
}

void *mnl_nlmsg_get_payload_tail(const struct nlmsghdr *message)
{
    return at(message, MNL_ALIGN(message->nlmsg_len));
}

bool mnl_nlmsg_ok(const struct nlmsghdr *message, int len)
{
    /* Here libmnl compares signed numbers: a length beyond 2 GiB would pass, and be walked through. */
    return len >= (int)sizeof(*message) && message->nlmsg_len >= sizeof(*message)
           && message->nlmsg_len <= (unsigned int)len;
}

struct nlmsghdr *mnl_nlmsg_next(const struct nlmsghdr *message, int *len)
{
    size_t span = MNL_ALIGN(message->nlmsg_len);

    *len -= (int)span;
    return at(message, span);
}

bool mnl_nlmsg_seq_ok(const struct nlmsghdr *message, unsigned int seq)
{
    return message->nlmsg_seq == 0 || seq == 0 || message->nlmsg_seq == seq;
}

bool mnl_nlmsg_portid_ok(const struct nlmsghdr *message, unsigned int portid)
{
    return message->nlmsg_pid == 0 || portid == 0 || message->nlmsg_pid == portid;
}

/* A batch: `used` bytes of whole messages from `start`, and behind them the one that is being written. */
struct mnl_nlmsg_batch {
    char *start;
    size_t limit;
    size_t used;
};

struct mnl_nlmsg_batch *mnl_nlmsg_batch_start(void *buffer, size_t limit)
{
    struct mnl_nlmsg_batch *batch = malloc(sizeof(*batch));

    if (batch != NULL)
        *batch = (struct mnl_nlmsg_batch){ .start = buffer, .limit = limit };
    return batch;
}

void mnl_nlmsg_batch_stop(struct mnl_nlmsg_batch *batch) { free(batch); }

void *mnl_nlmsg_batch_current(struct mnl_nlmsg_batch *batch) { return batch->start + batch->used; }

void *mnl_nlmsg_batch_head(struct mnl_nlmsg_batch *batch) { return batch->start; }

size_t mnl_nlmsg_batch_size(struct mnl_nlmsg_batch *batch) { return batch->used; }

bool mnl_nlmsg_batch_is_empty(struct mnl_nlmsg_batch *batch) { return batch->used == 0; }

/* Takes the message that was written last; false when it reaches beyond the limit. */
bool mnl_nlmsg_batch_next(struct mnl_nlmsg_batch *batch)
{
    const struct nlmsghdr *last = mnl_nlmsg_batch_current(batch);

    if (batch->used + last->nlmsg_len > batch->limit)
        return false;
    batch->used += last->nlmsg_len;
    return true;
}
