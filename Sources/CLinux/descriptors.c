#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CLinux.h"

int fairway_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int fairway_accept(int listener, struct sockaddr *address, socklen_t *size) {
    return accept4(listener, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int fairway_epoll_control(int queue, int operation, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    return epoll_ctl(queue, operation, fd, &event);
}

int fairway_epoll_wait(int queue, int *fds, uint32_t *events, int capacity, int milliseconds) {
    struct epoll_event ready[512];
    int count = epoll_wait(queue, ready, capacity < 512 ? capacity : 512, milliseconds);
    for (int i = 0; i < count; i++) {
        fds[i] = ready[i].data.fd;
        events[i] = ready[i].events;
    }
    return count;
}
