/*
 * How far a polled source has been read, as ingest keeps it in a file. A sweep is one round over all pages of what has changed since
 * `since_at`; when its last page is acknowledged, the next one begins where this one began. Pure.
 */
#ifndef HOSO_DOMAIN_POLL_CURSOR_H
#define HOSO_DOMAIN_POLL_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define POLL_TOKEN_MAX 512 /* a page's token, an ETag */

struct poll_cursor {
    int64_t since_at; /* NO_TIME = from the beginning */
    int64_t sweep_at; /* when the sweep under way began, by the source's clock; NO_TIME = none is */
    bool rows_seen;   /* by it */
    char page[POLL_TOKEN_MAX + 1]; /* to ask for next in it; "" = the first */
    char etag[POLL_TOKEN_MAX + 1]; /* of the last whole answer to since_at; "" = none */
};

struct poll_cursor poll_cursor_begin(int64_t since_at);

/* false: longer than POLL_TOKEN_MAX, or holds a control character. Else copied into out. */
bool poll_token_copy(struct str text, char out[POLL_TOKEN_MAX + 1]);

/* The first page of a sweep has come; date_at: the source's clock, NO_TIME where it tells none or one that cannot be. */
void poll_cursor_sweep(struct poll_cursor *cursor, int64_t date_at, int64_t now_at);
/*
 * A page is acknowledged. next: the token of the one after it, "" = it was the last; etag: of this answer. The last one ends the sweep:
 * where rows were seen, since_at moves to its beginning (never back). Only an answer that is a whole sweep keeps its ETag.
 */
void poll_cursor_page(struct poll_cursor *cursor, const char *next, const char *etag,
                      bool rows_seen);

#define POLL_CURSOR_SIZE 1280
/* As text; out has POLL_CURSOR_SIZE bytes. */
struct str poll_cursor_format(const struct poll_cursor *cursor, char *out);
/* Exactly what poll_cursor_format writes; else false, *ret untouched. */
bool poll_cursor_parse(struct str text, struct poll_cursor *ret);

/*
 * url with since (less overlap_ms; Vietnamese time, yyyyMMddHHmmss) and page as query parameters of these names; what is not given stays
 * away. false: longer than size.
 */
bool poll_cursor_url(const struct poll_cursor *cursor, const char *url, int64_t overlap_ms,
                     const char *since_name, const char *page_name, char *out, size_t size);

#endif
