#ifndef FAIRWAY_CLINUX_H
#define FAIRWAY_CLINUX_H

#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/file.h>
#include <poll.h>
#include <linux/netlink.h>
#include <pthread.h>

#include "lab.h"

/* setns(2) and unshare(2) hide behind _GNU_SOURCE, which Swift's Glibc module does not define. */
int fairway_setns(int fd, int nstype);
int fairway_unshare(int flags);
int fairway_clone_newnet(void);

/* The CLONE_NEW* flag of an open namespace, or -1: ioctl(2) is variadic, and Swift imports no such function. */
int fairway_namespace_type(int fd);

/* When the root of a file system in memory was made; -1 for another one, and before Linux 5.18. statx(2) is _GNU_SOURCE's. */
int fairway_tmpfs_birth(const char *path, int64_t *seconds, int64_t *nanoseconds);

/*
 * glibc gives each thread a heap of its own, up to eight for each CPU, and each keeps what it once had. Besides, the first large
 * buffer that is freed raises the size from which buffers are given back, up to 32 MiB; a size that is set stays (mallopt(3)).
 */
void fairway_heap_keep_small(void);
/* Gives memory that is free back to the kernel. */
void fairway_heap_trim(void);
/* Lets go of the pages of the program's own file that nobody can write; they come back when they are used. */
void fairway_program_release(void);

/* pthread_setname_np(3) hides there too. */
void fairway_thread_setname(pthread_t thread, const char *name);

/* environ(7), a variable that Swift's concurrency checks forbid. */
char **fairway_environment(void);

#endif
