/* The two ends of an established flow, for figures of what a packet costs on its way.
 *
 *   traffic serve PORT                      answers over TCP and UDP, IPv4 and IPv6, until it is killed
 *   traffic trip tcp|udp ADDRESS PORT COUNT prints the median of COUNT round trips of 64 bytes, in nanoseconds
 *   traffic push tcp|udp ADDRESS PORT MS    prints the bytes a second that arrived, sent for so many milliseconds
 *
 * A flow begins with a byte that says what it is: 'e' is sent back, 's' is counted. Over UDP each datagram has the byte,
 * and 'q' asks for the count.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 64, DATAGRAM = 1400, CHUNK = 128 << 10 };

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *serve_connection(void *argument) {
    int fd = (int)(intptr_t)argument;
    static __thread char buffer[CHUNK];
    char kind;
    uint64_t count = 0;
    ssize_t n;
    if (read(fd, &kind, 1) != 1) kind = 0;
    while (kind && (n = read(fd, buffer, sizeof buffer)) > 0) {
        count += n;
        if (kind == 'e' && write(fd, buffer, n) != n) break;
    }
    if (kind == 's' && write(fd, &count, sizeof count) < 0) perror("write");
    close(fd);
    return NULL;
}

static void *serve_datagrams(void *argument) {
    int fd = (int)(intptr_t)argument;
    char buffer[2048];
    uint64_t count = 0;
    for (;;) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length);
        if (n <= 0) continue;
        if (buffer[0] == 's') {
            count += n;
        } else if (buffer[0] == 'q') {
            sendto(fd, &count, sizeof count, 0, (struct sockaddr *)&from, length);
            count = 0;
        } else {
            sendto(fd, buffer, n, 0, (struct sockaddr *)&from, length);
        }
    }
}

static int bound(int type, int port) {
    int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), off = 0, on = 1, room = 8 << 20;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    return fd;
}

static void start(void *(*run)(void *), int fd) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, (void *)(intptr_t)fd)) fail("pthread_create");
    pthread_detach(thread);
}

static void serve(int port) {
    int listener = bound(SOCK_STREAM, port), on = 1;
    if (listen(listener, 64) < 0) fail("listen");
    start(serve_datagrams, bound(SOCK_DGRAM, port));
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        start(serve_connection, fd);
    }
}

static int connected(int type, const char *address, const char *port) {
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;
    if (getaddrinfo(address, port, &hints, &found)) fail("address");
    int fd = socket(found->ai_family, type, 0), on = 1;
    if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) fail("connect");
    if (type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct timeval limit = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return fd;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void trip(int type, int fd, int count) {
    char message[MESSAGE] = {'e'};
    int64_t *times = calloc(count, sizeof *times);
    if (type == SOCK_STREAM && write(fd, "e", 1) != 1) fail("write");
    for (int i = 0; i < count; i++) {
        int64_t begin = now();
        if (send(fd, message, sizeof message, 0) != sizeof message) fail("send");
        if (recv(fd, message, sizeof message, MSG_WAITALL) != sizeof message) fail("receive");
        times[i] = now() - begin;
    }
    qsort(times, count, sizeof *times, ascending);
    printf("%lld\n", (long long)times[count / 2]);
}

static void push(int type, int fd, int milliseconds) {
    static char chunk[CHUNK];
    memset(chunk, 's', sizeof chunk);
    size_t size = type == SOCK_STREAM ? sizeof chunk : DATAGRAM;
    uint64_t count = 0;
    if (type == SOCK_DGRAM) {
        send(fd, "q", 1, 0);
        if (recv(fd, &count, sizeof count, 0) != sizeof count) fail("receive");
    } else if (write(fd, "s", 1) != 1) {
        fail("write");
    }
    int64_t begin = now(), end = begin + milliseconds * 1000000LL;
    while (now() < end)
        if (send(fd, chunk, size, 0) < 0 && type == SOCK_STREAM) fail("send");
    if (type == SOCK_STREAM) {
        shutdown(fd, SHUT_WR);
    } else {
        usleep(20000);
        send(fd, "q", 1, 0);
    }
    if (recv(fd, &count, sizeof count, MSG_WAITALL) != sizeof count) fail("receive");
    printf("%.0f\n", count / ((now() - begin) / 1e9));
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "serve")) serve(atoi(argv[2]));
    if (argc != 6) {
        fprintf(stderr, "usage: traffic serve PORT | trip|push tcp|udp ADDRESS PORT COUNT|MS\n");
        return 2;
    }
    int type = strcmp(argv[2], "udp") ? SOCK_STREAM : SOCK_DGRAM;
    int fd = connected(type, argv[3], argv[4]);
    (strcmp(argv[1], "trip") ? push : trip)(type, fd, atoi(argv[5]));
    return 0;
}
