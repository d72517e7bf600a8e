/*
 * Where the static plugin's process begins.
 *
 * glibc's own start asks the processor some sixty questions (CPUID) to choose between versions of memcpy and the like.
 * A virtual machine leaves the guest for each of them: 11 us each on a nested one, 0.6 of the 0.7 ms that an empty static
 * program takes. The plugin lives for two milliseconds and copies a few kilobytes, so it takes the baseline versions
 * without asking, and does the rest as __libc_start_main (csu/libc-start.c, not SHARED) does it, in its order.
 *
 * What is called here are glibc's own functions, which it does not promise to anybody. So this holds for the one version
 * whose source it was written after, on x86-64; elsewhere the process begins in glibc's _start as every other.
 */
#include <features.h>

#if defined(__x86_64__) && defined(__GLIBC__) && __GLIBC__ == 2 && __GLIBC_MINOR__ == 36

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef void constructor(int, char **, char **);

extern char **__environ;
extern void *__libc_stack_end;
extern void *_dl_random;
extern int __libc_enable_secure;
extern long __x86_shared_non_temporal_threshold, __x86_rep_movsb_stop_threshold;

void _dl_aux_init(Elf64_auxv_t *);
void __tunables_init(char **);
void _dl_relocate_static_pie(void);
void __libc_setup_tls(void);
void __libc_early_init(_Bool);
void __libc_init_first(int, char **, char **);
void __libc_check_standard_fds(void);
void *_dl_debug_initialize(Elf64_Addr, long);
int __cxa_atexit(void (*)(void *), void *, void *);
void _init(void);
void _fini(void);
int main(int, char **, char **);

/* The linker's bounds of its tables. */
extern const Elf64_Rela __rela_iplt_start[], __rela_iplt_end[];
extern constructor *__preinit_array_start[], *__preinit_array_end[], *__init_array_start[], *__init_array_end[];
extern void (*__fini_array_start[])(void), (*__fini_array_end[])(void);

static void finish(void *unused) {
    for (size_t left = __fini_array_end - __fini_array_start; left > 0; left--) __fini_array_start[left - 1]();
    _fini();
}

static void construct(constructor **first, constructor **end, int count, char **arguments) {
    for (; first < end; first++) (*first)(count, arguments, __environ);
}

/* The stack's guard is set in here, so this function itself cannot have one. */
__attribute__((noreturn, used, no_stack_protector)) static void start(uintptr_t *stack) {
    int count = (int)*stack;
    char **arguments = (char **)(stack + 1), **end = arguments + count + 1;
    __environ = end;
    __libc_stack_end = stack;
    while (*end) end++;
    _dl_aux_init((Elf64_auxv_t *)(end + 1));
    __tunables_init(__environ);

    /* What the questions would have set, and cannot stay 0: from here on copies bypass the cache. glibc's own for 1 MiB. */
    __x86_shared_non_temporal_threshold = __x86_rep_movsb_stop_threshold = 0xc0000;
    _dl_relocate_static_pie();
    for (const Elf64_Rela *entry = __rela_iplt_start; entry < __rela_iplt_end; entry++)
        *(uintptr_t *)entry->r_offset = ((uintptr_t(*)(void))entry->r_addend)();

    __libc_setup_tls();
    /* The guard's lowest byte is 0, so that no text runs over it unnoticed. */
    uintptr_t guard = ((uintptr_t *)_dl_random)[0] & ~(uintptr_t)0xff, pointers = ((uintptr_t *)_dl_random)[1];
    __asm__ volatile("mov %0, %%fs:0x28\n\tmov %1, %%fs:0x30" : : "r"(guard), "r"(pointers) : "memory");

    __libc_early_init(1);
    __libc_init_first(count, arguments, __environ);
    __cxa_atexit(finish, NULL, NULL);
    if (__libc_enable_secure) __libc_check_standard_fds();
    construct(__preinit_array_start, __preinit_array_end, count, arguments);
    _init();
    construct(__init_array_start, __init_array_end, count, arguments);
    _dl_debug_initialize(0, 0);
    exit(main(count, arguments, __environ));
}

__asm__(".globl fairway_start\n"
        ".type fairway_start, @function\n"
        "fairway_start:\n"
        ".cfi_startproc\n"
        ".cfi_undefined rip\n" /* the outermost frame */
        "xor %ebp, %ebp\n"
        "mov %rsp, %rdi\n"
        "and $-16, %rsp\n"
        "call start\n"
        "hlt\n"
        ".cfi_endproc\n");

#elif defined(__x86_64__)
__asm__(".globl fairway_start\nfairway_start: jmp _start\n");
#elif defined(__aarch64__)
__asm__(".globl fairway_start\nfairway_start: b _start\n");
#else
#error "write a jump to _start for this processor"
#endif
