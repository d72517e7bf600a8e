#include "rename.h"
#include "../../Sources/CMNLStandIn/attribute.c"
