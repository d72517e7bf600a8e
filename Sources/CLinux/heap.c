#include <malloc.h>

#include "CLinux.h"

void fairway_heap_use_one_arena(void) { (void)mallopt(M_ARENA_MAX, 1); }

void fairway_heap_trim(void) { (void)malloc_trim(0); }
