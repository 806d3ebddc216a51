#include "base/netlist.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* RFC 6890 and its registries: what is not reachable over the Internet, or is not one host. */
static const char special[] =
    "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,"
    "192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,"
    "224.0.0.0/3";
static const char special6[] =
    "::/8,64:ff9b::/96,64:ff9b:1::/48,100::/64,2001::/23,2001:db8::/32,"
    "2002::/16,3fff::/20,5f00::/16,fc00::/7,fe80::/10,fec0::/10,ff00::/8";

static bool parse_one(struct str text, struct net *ret)
{
    char copy[64];
    unsigned long bits;
    char *end;
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    *ret = (struct net){.size = strchr(copy, ':') ? 16 : 4};
    if (inet_pton(ret->size == 16 ? AF_INET6 : AF_INET, copy, ret->bytes) != 1)
        return false;
    bits = slash ? strtoul(slash + 1, &end, 10) : 8UL * ret->size;
    if (slash && (slash[1] < '0' || slash[1] > '9' || *end != '\0'))
        return false;
    ret->bits = (unsigned)bits;
    return bits <= 8UL * ret->size;
}

int netlist_parse(const char *text, struct netlist *ret, struct error *err)
{
    *ret = (struct netlist){.count = 0};
    text += strspn(text, ", ");
    while (*text) {
        struct str part = {text, strcspn(text, ", ")};
        if (ret->count == NETLIST_MAX)
            return error_set(err, ERR_INPUT, "at most %d networks", NETLIST_MAX);
        if (!parse_one(part, &ret->nets[ret->count++]))
            return error_set(err, ERR_INPUT,
                             "\"%.*s\" is no network; write 10.20.0.0/16, fd00::/8 or 127.0.0.1",
                             STR_ARG(part));
        text += part.len;
        text += strspn(text, ", ");
    }
    return 0;
}

static bool holds(const struct net *net, const uint8_t *address, unsigned size)
{
    unsigned whole = net->bits / 8;
    unsigned rest = net->bits % 8;
    if (net->size != size || memcmp(net->bytes, address, whole) != 0)
        return false;
    return rest == 0 || (net->bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static bool list_holds(const struct netlist *list, const uint8_t *address, unsigned size)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (holds(&list->nets[i], address, size))
            return true;
    }
    return false;
}

bool netlist_allows(const struct netlist *list, const uint8_t *address, unsigned size)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    struct netlist refused;
    if (size == 16 && memcmp(address, mapped, sizeof mapped) == 0) {
        address += sizeof mapped;
        size = 4;
    }
    if (list_holds(list, address, size))
        return true;
    netlist_parse(size == 16 ? special6 : special, &refused, NULL);
    return (size == 4 || size == 16) && !list_holds(&refused, address, size);
}
