#define _GNU_SOURCE
#include <pthread.h>

#include "CLinux.h"

void fairway_thread_setname(pthread_t thread, const char *name) { (void)pthread_setname_np(thread, name); }
