/*
 * Nothing to include: this target gives the static plugin's linker the functions of libmnl, of which Debian has no
 * static library. Their declarations are libmnl's own, <libmnl/libmnl.h>; every other program links the real one.
 */
