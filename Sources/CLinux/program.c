#define _GNU_SOURCE /* dl_iterate_phdr(3) */
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CLinux.h"

static int release(struct dl_phdr_info *program, size_t size, void *context)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)context;
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
		uintptr_t start = program->dlpi_addr + segment->p_vaddr;

		/* What can be written holds what was written; what is read again comes from the page cache. */
		if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
			continue;
		(void)madvise((void *)(start & ~(page - 1)), segment->p_memsz + (start & (page - 1)), MADV_DONTNEED);
	}
	return 1; /* The first is the program itself, the others its libraries (dl_iterate_phdr(3)). */
}

void fairway_program_release(void) { (void)dl_iterate_phdr(release, 0); }
