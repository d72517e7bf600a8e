/* Netlink sockets, and the walk through what one received. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <libmnl/libmnl.h>

struct mnl_socket {
    int fd;
    struct sockaddr_nl address;
};

static int refuse(int number)
{
    errno = number;
    return -1;
}

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
    struct mnl_socket *socket_object = calloc(1, sizeof(*socket_object));

    if (socket_object == NULL)
        return NULL;
    socket_object->fd = socket(AF_NETLINK, SOCK_RAW | flags, bus);
    if (socket_object->fd < 0) {
        int number = errno;

        free(socket_object);
        errno = number;
        return NULL;
    }
    return socket_object;
}

struct mnl_socket *mnl_socket_open(int bus) { return mnl_socket_open2(bus, 0); }

int mnl_socket_close(struct mnl_socket *nl)
{
    int result = close(nl->fd);

    free(nl);
    return result;
}

int mnl_socket_get_fd(const struct mnl_socket *nl) { return nl->fd; }

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl) { return nl->address.nl_pid; }

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups, .nl_pid = (uint32_t)pid };
    socklen_t length = sizeof(address);

    nl->address = address;
    if (bind(nl->fd, (struct sockaddr *)&address, length) < 0)
        return -1;
    /* The kernel has chosen the port where none was asked for. */
    if (getsockname(nl->fd, (struct sockaddr *)&nl->address, &length) < 0)
        return -1;
    return length == sizeof(address) && nl->address.nl_family == AF_NETLINK ? 0 : refuse(EINVAL);
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *bytes, size_t len)
{
    const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

    return sendto(nl->fd, bytes, len, 0, (const struct sockaddr *)&kernel, sizeof(kernel));
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buffer, size_t size)
{
    struct sockaddr_nl sender;
    struct iovec room = { .iov_base = buffer, .iov_len = size };
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &room, .msg_iovlen = 1,
    };
    ssize_t count = recvmsg(nl->fd, &message, 0);

    if (count < 0)
        return -1;
    if (message.msg_flags & MSG_TRUNC)
        return refuse(ENOSPC);
    return message.msg_namelen == sizeof(sender) ? count : refuse(EINVAL);
}

int mnl_socket_setsockopt(const struct mnl_socket *nl, int option, void *value, socklen_t len)
{
    return setsockopt(nl->fd, SOL_NETLINK, option, value, len);
}

/* What a message without data says: that it failed or was carried out, that a dump is over, or nothing. */
static int control(const struct nlmsghdr *message)
{
    const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);

    switch (message->nlmsg_type) {
    case NLMSG_ERROR:
        if (message->nlmsg_len < mnl_nlmsg_size(sizeof(*answer)))
            return refuse(EBADMSG);
        /* Some subsystems answer with a positive number. */
        errno = answer->error < 0 ? -answer->error : answer->error;
        return answer->error == 0 ? MNL_CB_STOP : MNL_CB_ERROR;
    case NLMSG_DONE:
        return MNL_CB_STOP;
    default:
        return MNL_CB_OK;
    }
}

int mnl_cb_run(
    const void *bytes, size_t count, unsigned int seq, unsigned int portid, mnl_cb_t callback, void *data)
{
    const struct nlmsghdr *message = bytes;
    int result = MNL_CB_OK;
    int rest = (int)count;

    while (mnl_nlmsg_ok(message, rest)) {
        if (!mnl_nlmsg_portid_ok(message, portid))
            return refuse(ESRCH);
        if (!mnl_nlmsg_seq_ok(message, seq))
            return refuse(EPROTO);
        if (message->nlmsg_flags & NLM_F_DUMP_INTR)
            return refuse(EINTR);
        if (message->nlmsg_type < NLMSG_MIN_TYPE)
            result = control(message);
        else if (callback != NULL)
            result = callback(message, data);
        if (result <= MNL_CB_STOP)
            return result;
        message = mnl_nlmsg_next(message, &rest);
    }
    return result;
}
