#ifndef FAIRWAY_BARE_LOOP_H
#define FAIRWAY_BARE_LOOP_H

#include <stdint.h>

/* What one could do at best with libnftnl: the elements of `services` Services with `endpoints` endpoints each, built by
   plain loops and sent as one transaction into the table "ip fairway", which exists and is empty. Returns nanoseconds
   from the first element to the kernel's acknowledgement, or a negative errno. */
int64_t bare_first_sync(uint32_t services, uint32_t endpoints);

/* Sends a transaction's bytes, as they were recorded, and waits for the acknowledgement of the message with the sequence
   number `expected`. Returns nanoseconds, or a negative errno. */
int64_t bare_replay(const void *bytes, uint64_t count, uint32_t expected);

/* Replaces the endpoint in slot 0 of service number `service` by one at `address`: one element deleted, one added. */
int64_t bare_replace_endpoint(uint32_t service, uint32_t address);

#endif
