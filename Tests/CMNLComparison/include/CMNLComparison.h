/* Runs the same calls on libmnl and on the stand-in, and writes down what each does. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct netlink_library;

const struct netlink_library *comparison_real(void);
const struct netlink_library *comparison_stand_in(void);

/* Builds messages as the seed says, over bytes of `fill`. Returns the number of bytes written to `out`. */
size_t comparison_build(const struct netlink_library *library, uint32_t seed, uint8_t fill, uint8_t *out, size_t room);

/*
 * Parses bytes, which may be anything, and writes down each answer and error. Returns the length of the log: 0 where a
 * message claims more than 2 GiB, because libmnl reads through such a length.
 */
size_t comparison_parse(
    const struct netlink_library *library, uint32_t seed, const uint8_t *bytes, size_t count, uint8_t *log, size_t room);

/* Whether the library takes the first message of these bytes for whole. */
_Bool comparison_accepts(const struct netlink_library *library, const uint8_t *bytes, size_t count);

/* Opens, binds, sends and receives, right and wrong. Returns the length of the log. */
size_t comparison_socket(const struct netlink_library *library, uint8_t *log, size_t room);
