/* Attributes: reading, checking and writing them. */
#include <errno.h>
#include <string.h>
#include <libmnl/libmnl.h>

static void *at(const void *start, size_t offset) { return (char *)start + offset; }

static int refuse(int number)
{
    errno = number;
    return -1;
}

/* Reading. What is read may lie at any address and claim any length: mnl_attr_ok comes first. */

uint16_t mnl_attr_get_type(const struct nlattr *attr) { return attr->nla_type & NLA_TYPE_MASK; }

uint16_t mnl_attr_get_payload_len(const struct nlattr *attr) { return attr->nla_len - MNL_ATTR_HDRLEN; }

void *mnl_attr_get_payload(const struct nlattr *attr) { return at(attr, MNL_ATTR_HDRLEN); }

bool mnl_attr_ok(const struct nlattr *attr, int len)
{
    return len >= (int)sizeof(*attr) && attr->nla_len >= sizeof(*attr) && (int)attr->nla_len <= len;
}

struct nlattr *mnl_attr_next(const struct nlattr *attr) { return at(attr, MNL_ALIGN(attr->nla_len)); }

uint8_t mnl_attr_get_u8(const struct nlattr *attr) { return *(const uint8_t *)mnl_attr_get_payload(attr); }

uint16_t mnl_attr_get_u16(const struct nlattr *attr)
{
    uint16_t value;

    memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
    return value;
}

uint32_t mnl_attr_get_u32(const struct nlattr *attr)
{
    uint32_t value;

    memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
    return value;
}

uint64_t mnl_attr_get_u64(const struct nlattr *attr)
{
    uint64_t value;

    memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
    return value;
}

const char *mnl_attr_get_str(const struct nlattr *attr) { return mnl_attr_get_payload(attr); }

/* Checking. */

int mnl_attr_type_valid(const struct nlattr *attr, uint16_t highest)
{
    return mnl_attr_get_type(attr) > highest ? refuse(EOPNOTSUPP) : 1;
}

static int check(const struct nlattr *attr, enum mnl_attr_data_type type, size_t expected)
{
    uint16_t length = mnl_attr_get_payload_len(attr);
    const char *payload = mnl_attr_get_payload(attr);

    if (length < expected)
        return refuse(ERANGE);
    switch (type) {
    case MNL_TYPE_FLAG:
        if (length > 0)
            return refuse(ERANGE);
        break;
    case MNL_TYPE_NUL_STRING:
        if (length == 0)
            return refuse(ERANGE);
        if (payload[length - 1] != '\0')
            return refuse(EINVAL);
        break;
    case MNL_TYPE_STRING:
        if (length == 0)
            return refuse(ERANGE);
        break;
    case MNL_TYPE_NESTED:
        /* A nest may be empty; what is in it begins with a header. */
        if (length > 0 && length < MNL_ATTR_HDRLEN)
            return refuse(ERANGE);
        break;
    default:
        break;
    }
    return expected > 0 && length > expected ? refuse(ERANGE) : 0;
}

int mnl_attr_validate(const struct nlattr *attr, enum mnl_attr_data_type type)
{
    static const uint8_t lengths[MNL_TYPE_MAX] = {
        [MNL_TYPE_U8] = 1, [MNL_TYPE_U16] = 2, [MNL_TYPE_U32] = 4, [MNL_TYPE_U64] = 8, [MNL_TYPE_MSECS] = 8,
    };

    return type >= MNL_TYPE_MAX ? refuse(EINVAL) : check(attr, type, lengths[type]);
}

/* Calls back for each attribute that lies whole between two addresses; a callback ends it with MNL_CB_STOP or less. */
static int each(const char *from, const char *end, mnl_attr_cb_t callback, void *data)
{
    int result = MNL_CB_OK;

    while (mnl_attr_ok((const struct nlattr *)from, (int)(end - from))) {
        result = callback((const struct nlattr *)from, data);
        if (result <= MNL_CB_STOP)
            return result;
        from = (const char *)mnl_attr_next((const struct nlattr *)from);
    }
    return result;
}

int mnl_attr_parse(const struct nlmsghdr *message, unsigned int offset, mnl_attr_cb_t callback, void *data)
{
    return each(mnl_nlmsg_get_payload_offset(message, offset), mnl_nlmsg_get_payload_tail(message), callback, data);
}

int mnl_attr_parse_nested(const struct nlattr *nest, mnl_attr_cb_t callback, void *data)
{
    const char *payload = mnl_attr_get_payload(nest);

    return each(payload, payload + mnl_attr_get_payload_len(nest), callback, data);
}

/* Writing, at the end of a message; the caller has seen to the room. */

void mnl_attr_put(struct nlmsghdr *message, uint16_t type, size_t len, const void *data)
{
    struct nlattr *attr = mnl_nlmsg_get_payload_tail(message);

    attr->nla_type = type;
    attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + len);
    if (len > 0)
        memcpy(mnl_attr_get_payload(attr), data, len);
    memset(at(attr, MNL_ATTR_HDRLEN + len), 0, MNL_ALIGN(len) - len);
    message->nlmsg_len += MNL_ATTR_HDRLEN + MNL_ALIGN(len);
}

void mnl_attr_put_u8(struct nlmsghdr *message, uint16_t type, uint8_t value)
{
    mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u16(struct nlmsghdr *message, uint16_t type, uint16_t value)
{
    mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
    mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u64(struct nlmsghdr *message, uint16_t type, uint64_t value)
{
    mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_str(struct nlmsghdr *message, uint16_t type, const char *text)
{
    mnl_attr_put(message, type, strlen(text), text);
}

void mnl_attr_put_strz(struct nlmsghdr *message, uint16_t type, const char *text)
{
    mnl_attr_put(message, type, strlen(text) + 1, text);
}

struct nlattr *mnl_attr_nest_start(struct nlmsghdr *message, uint16_t type)
{
    struct nlattr *nest = mnl_nlmsg_get_payload_tail(message);

    /* Its length is written when the nest ends. */
    nest->nla_type = type | NLA_F_NESTED;
    message->nlmsg_len += MNL_ATTR_HDRLEN;
    return nest;
}

void mnl_attr_nest_end(struct nlmsghdr *message, struct nlattr *nest)
{
    nest->nla_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)nest);
}
