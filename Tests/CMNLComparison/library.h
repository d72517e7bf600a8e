/* The functions of a netlink library, real or not. */
#pragma once
#include <netinet/in.h>
#include <libmnl/libmnl.h>

#include "CMNLComparison.h"

#define FUNCTIONS(X) \
    X(attr_get_payload) X(attr_get_payload_len) X(attr_get_str) X(attr_get_type) \
    X(attr_get_u16) X(attr_get_u32) X(attr_get_u64) X(attr_get_u8) \
    X(attr_nest_end) X(attr_nest_start) X(attr_next) X(attr_ok) \
    X(attr_parse) X(attr_parse_nested) X(attr_put) X(attr_put_str) \
    X(attr_put_strz) X(attr_put_u16) X(attr_put_u32) X(attr_put_u64) \
    X(attr_put_u8) X(attr_type_valid) X(attr_validate) X(cb_run) \
    X(nlmsg_batch_current) X(nlmsg_batch_head) X(nlmsg_batch_is_empty) X(nlmsg_batch_next) \
    X(nlmsg_batch_size) X(nlmsg_batch_start) X(nlmsg_batch_stop) X(nlmsg_get_payload) \
    X(nlmsg_get_payload_len) X(nlmsg_get_payload_offset) X(nlmsg_get_payload_tail) X(nlmsg_next) \
    X(nlmsg_ok) X(nlmsg_portid_ok) X(nlmsg_put_extra_header) X(nlmsg_put_header) \
    X(nlmsg_seq_ok) X(nlmsg_size) X(socket_bind) X(socket_close) \
    X(socket_get_fd) X(socket_get_portid) X(socket_open) X(socket_open2) \
    X(socket_recvfrom) X(socket_sendto) X(socket_setsockopt)

#define MEMBER(name) __typeof__(mnl_##name) *name;
struct netlink_library {
    FUNCTIONS(MEMBER)
};

#define MEMBER_VALUE(name) .name = mnl_##name,
