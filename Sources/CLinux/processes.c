#define _GNU_SOURCE
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLinux.h"

int fairway_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int fairway_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

short fairway_spawn_setsid(void) { return POSIX_SPAWN_SETSID; }

int fairway_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

char **fairway_environment(void) { return environ; }
