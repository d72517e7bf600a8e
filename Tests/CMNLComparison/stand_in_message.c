#include "rename.h"
#include "../../Sources/CMNLStandIn/message.c"
