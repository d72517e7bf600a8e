#define _GNU_SOURCE
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "CLinux.h"

int fairway_setns(int fd, int nstype) { return setns(fd, nstype); }

int fairway_unshare(int flags) { return unshare(flags); }

int fairway_clone_newnet(void) { return CLONE_NEWNET; }

int fairway_namespace_type(int fd) { return ioctl(fd, NS_GET_NSTYPE); }
