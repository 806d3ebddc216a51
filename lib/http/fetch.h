/*
 * GET without waiting, on libcurl: one request at a time, driven from the caller's loop. For servers that are not trusted: certificates
 * are verified, only http(s) is spoken, no redirect is followed, no proxy of the environment is used, no compressed answer is
 * asked for; size and time are bounded, and the address is checked before it is connected to. One thread.
 */
#ifndef HOSO_HTTP_FETCH_H
#define HOSO_HTTP_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/netlist.h"
#include "base/str.h"

struct fetch_settings {
    int64_t timeout_ms;            /* from the start to the last byte */
    size_t body_max;               /* bytes */
    const char *ca_file;           /* PEM; "" = the system's */
    const struct netlist *allowed; /* besides public addresses */
    bool plain_allowed;            /* http:// too */
    const char *const *headers;    /* "Name: value", ended by NULL; copied */
};

/* Views live until the next fetch_start. */
struct fetch_answer {
    int status;
    struct str body;
    const char *etag;     /* "" = none */
    int64_t date_at;      /* header Date; NO_TIME = none */
    int retry_after_s;    /* 0 = none, at most 3600 */
    const char *location; /* where it redirects to, absolute; "" = nowhere */
};

struct fetch;

/* settings need not outlive the call, but allowed must. ERR_NOMEM, ERR_FAILED. */
int fetch_new(const struct fetch_settings *settings, struct fetch **ret, struct error *err);
struct fetch *fetch_free(struct fetch *fetch); /* NULL is fine; returns NULL */

/* if_none_match: an ETag, or "". Nothing must be under way. ERR_INPUT: no URL that may be asked; ERR_NOMEM. */
int fetch_start(struct fetch *fetch, const char *url, const char *if_none_match, struct error *err);

enum { FETCH_DONE = 1 };
/*
 * Serves what is ready. 0 = under way; FETCH_DONE with the answer. ERR_UNAVAILABLE: not reachable, not in time, not to be trusted, broken
 * off; ERR_INPUT: larger than body_max, or an address that is not allowed. Texts name the host and never what it sent.
 */
int fetch_step(struct fetch *fetch, struct fetch_answer *ret, struct error *err);
/* Readable when fetch_step has work. */
int fetch_fd(const struct fetch *fetch);
/* Longest time until fetch_step must be called; -1 = nothing is under way. */
int fetch_timeout_ms(const struct fetch *fetch);

/* Whether both are http(s) URLs of one scheme, host and port. */
bool fetch_same_origin(const char *one, const char *other);

#endif
