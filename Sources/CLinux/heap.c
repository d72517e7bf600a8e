#include <malloc.h>

#include "CLinux.h"

void fairway_heap_keep_small(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}

void fairway_heap_trim(void) { (void)malloc_trim(0); }
