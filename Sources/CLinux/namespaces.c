#define _GNU_SOURCE
#include <sched.h>

#include "CLinux.h"

int fairway_setns(int fd, int nstype) { return setns(fd, nstype); }

int fairway_unshare(int flags) { return unshare(flags); }

int fairway_clone_newnet(void) { return CLONE_NEWNET; }
