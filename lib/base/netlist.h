/*
 * Which addresses may be spoken to: public ones, and private networks that the operator has named. A name that somebody else controls
 * must not lead our requests to this machine or into the city's own network (RFC 6890: special-purpose addresses). Pure.
 */
#ifndef HOSO_BASE_NETLIST_H
#define HOSO_BASE_NETLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define NETLIST_MAX 32

/* An address of 4 or 16 bytes, in network order; IPv4 inside IPv6 is told as IPv4. */
struct net {
    uint8_t bytes[16];
    unsigned bits; /* of its prefix */
    unsigned size; /* 4 or 16 */
};

struct netlist {
    struct net nets[NETLIST_MAX];
    unsigned count;
};

/* "10.20.0.0/16, fd00::/8, 127.0.0.1"; "" = none. ERR_INPUT names the part that is no network. */
int netlist_parse(const char *text, struct netlist *ret, struct error *err);

/* size: 4 or 16 bytes. true: a public address, or one that the list has. */
bool netlist_allows(const struct netlist *list, const uint8_t *address, unsigned size);

#endif
