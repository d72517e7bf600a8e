#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "CLinux.h"

int fairway_tmpfs_birth(const char *path, int64_t *seconds, int64_t *nanoseconds) {
    struct statfs system;
    struct statx status;
    if (statfs(path, &system) || system.f_type != TMPFS_MAGIC) return -1;
    if (statx(AT_FDCWD, path, 0, STATX_BTIME, &status) || !(status.stx_mask & STATX_BTIME)) return -1;
    *seconds = status.stx_btime.tv_sec;
    *nanoseconds = status.stx_btime.tv_nsec;
    return 0;
}
