/*
 * One request's body as a list of rows and the mapper for them. Pure.
 *
 *   portal    {"session":…,"madonvi":"H24.11713","service":"DongBoHoSoMC"|"CapNhatTienDoHoSoMC","isUpdating":"True","data":[…]}, or
 *             {"session":…,"service":"TraCuuHoSo","mahoso":…}; data may be one object
 *   records, steps, lookup   the same by the REST form: the path names the service; the body is the data, or such an object
 *   b_…       generation B: one object, or a list of them
 *   events    a JSON array of native events, or one of them; or NDJSON, one per line; or one event as framed Avro
 *
 * isUpdating must be True, False or absent, and changes nothing: every message is an upsert, because "does it exist already" cannot be
 * answered while the first message is still on its way, and a sender that lost our answer would be told that it does.
 */
#ifndef HOSO_INGEST_ENVELOPE_H
#define HOSO_INGEST_ENVELOPE_H

#include "ingest/map.h"

enum envelope_form {
    ENVELOPE_PORTAL,
    ENVELOPE_RECORDS,
    ENVELOPE_STEPS,
    ENVELOPE_LOOKUP,
    ENVELOPE_B_RECORD,
    ENVELOPE_B_STEP,
    ENVELOPE_B_STATUS,
    ENVELOPE_EVENTS,
    ENVELOPE_EVENT_LINES,
    ENVELOPE_EVENT_AVRO,
    ENVELOPE_FORM_COUNT
};

struct envelope {
    map_row *map;          /* NULL for a look-up and for Avro */
    struct str session;    /* views into the document; empty = none */
    struct str agency;     /* madonvi */
    struct str looked_for; /* mahoso; given exactly in a look-up */
    bool per_row;          /* the sender expects a result for each row */
    size_t row_count;      /* how many rows envelope_next will give, at most */
    /* private */
    enum envelope_form form;
    struct json_doc *doc;
    const struct json *rows;
    struct str rest; /* lines not yet read; all of the body where it is Avro */
    size_t next;
};

/* Views into body, which must outlive it. ERR_INPUT: the text says what is wrong, never with content. ERR_NOMEM. */
int envelope_open(enum envelope_form form, struct str body, struct envelope *ret,
                  struct error *err);
void envelope_close(struct envelope *envelope); /* fine on a zeroed one */

/* "True", "False", true, false, "1", "0" or nothing, in any case. */
bool is_updating_word(struct str text);

/*
 * The next row; valid until the next call. 0 past the last, else the row's number from 1: its place in `data`, or its line.
 * *ret_row is NULL and *ret_code says why for a line that is not JSON. Not for Avro.
 */
size_t envelope_next(struct envelope *envelope, const struct json **ret_row,
                     enum refusal_code *ret_code);

#endif
