#include "library.h"

static const struct netlink_library library = { FUNCTIONS(MEMBER_VALUE) };

const struct netlink_library *comparison_real(void) { return &library; }
