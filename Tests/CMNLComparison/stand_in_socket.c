#include "rename.h"
#include "../../Sources/CMNLStandIn/socket.c"
