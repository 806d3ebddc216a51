/*
 * One request's body as a list of rows and the mapper for them. Pure.
 *
 *   portal  {"service":"DongBoHoSoMC"|"CapNhatTienDoHoSoMC","madonvi":"H24.11713","data":[…]}; data may be one object;
 *           session, isUpdating and anything else is not read: every message is an upsert
 *   events  a JSON array of native events, or one of them; or NDJSON, one per line
 */
#ifndef HOSO_INGEST_ENVELOPE_H
#define HOSO_INGEST_ENVELOPE_H

#include "ingest/map.h"

enum envelope_form { ENVELOPE_PORTAL, ENVELOPE_EVENTS, ENVELOPE_EVENT_LINES };

struct envelope {
    map_row *map;
    struct str agency; /* madonvi, empty = none; a view into the document */
    size_t row_count;  /* how many rows envelope_next will give, at most */
    /* private */
    enum envelope_form form;
    struct json_doc *doc;
    const struct json *rows;
    struct str rest; /* lines not yet read */
    size_t next;
};

/* Views into body, which must outlive it. ERR_INPUT: the text says what is wrong, never with content. ERR_NOMEM. */
int envelope_open(enum envelope_form form, struct str body, struct envelope *ret,
                  struct error *err);
void envelope_close(struct envelope *envelope); /* fine on a zeroed one */

/*
 * The next row; valid until the next call. 0 past the last, else the row's number from 1: its place in `data`, or its line.
 * *ret_row is NULL and *ret_code says why for a line that is not JSON.
 */
size_t envelope_next(struct envelope *envelope, const struct json **ret_row,
                     enum refusal_code *ret_code);

#endif
