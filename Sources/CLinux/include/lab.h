#ifndef FAIRWAY_CLINUX_LAB_H
#define FAIRWAY_CLINUX_LAB_H

#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* pidfd_open(2) and pidfd_send_signal(2): <sys/pidfd.h> is younger than some C libraries that Fairway builds on. */
int fairway_pidfd_open(int pid);
int fairway_pidfd_send_signal(int pidfd, int signal);

/* pipe2(2) with O_CLOEXEC, which hides behind _GNU_SOURCE: without the flag another thread's child could inherit an end. */
int fairway_pipe(int ends[2]);

/* accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC, which hides there too. */
int fairway_accept(int listener, struct sockaddr *address, socklen_t *size);

/* epoll_ctl(2) and epoll_wait(2) with plain descriptors in place of epoll_event's union, which holds a pointer. */
int fairway_epoll_control(int queue, int operation, int fd, uint32_t events);
int fairway_epoll_wait(int queue, int *fds, uint32_t *events, int capacity, int milliseconds);

/* POSIX_SPAWN_SETSID hides behind _GNU_SOURCE. */
short fairway_spawn_setsid(void);

/* posix_spawn_file_actions_addclosefrom_np(3), which hides there as well (glibc 2.34). */
int fairway_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/*
 * Sends one burst of UDP packets through a raw socket that takes whole IP packets, each from another source port,
 * by sendmmsg(2), which hides behind _GNU_SOURCE.
 *
 * source and target are 4 or 16 bytes, by family (4 or 6); the packets' source ports are first_port and the ones
 * after it, wrapping from 65535 to 1024. count is at most 512. Returns the number sent, or -1 with errno set.
 */
int fairway_udp_burst(int fd, int family, const uint8_t *source, const uint8_t *target, uint16_t target_port,
                      uint16_t first_port, int count);

/* socket(2) for such packets: IP_HDRINCL or IPV6_HDRINCL is set. Returns the descriptor, or -1 with errno set. */
int fairway_raw_packet_socket(int family);

#endif
