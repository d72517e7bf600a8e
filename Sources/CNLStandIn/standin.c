/*
 * Libnl-3's msg.o and attr.o, which build messages, name a few functions of its address, cache and text objects that
 * building never calls. In a static link those objects would come along, and with them getaddrinfo and
 * getprotobyname: half a resolver, which glibc warns about because it wants shared libraries at run time. These
 * definitions are found first, so they stay out. Each ends the program, so that a use could not go unnoticed.
 */
#include <stdlib.h>

int nl_debug = 0;

#define NEVER_CALLED(name) \
    __attribute__((noreturn)) void name(void) { abort(); }

NEVER_CALLED(__str2type)
NEVER_CALLED(__type2str)
NEVER_CALLED(nl_addr_get_binary_addr)
NEVER_CALLED(nl_addr_get_len)
NEVER_CALLED(nl_cache_ops_associate_safe)
NEVER_CALLED(nl_cache_ops_put)
NEVER_CALLED(nl_cache_parse)
NEVER_CALLED(nl_data_get)
NEVER_CALLED(nl_data_get_size)
NEVER_CALLED(nl_msgtype_lookup)
NEVER_CALLED(nl_strerror_l)
