/*
 * What a feed has read, as rows: a page of a poll, a line or the whole of a file. Pure.
 *
 *   {"service":"DongBoHoSoMC","madonvi":"H24.11713","data":[…]}   generation A: the service says what the rows are
 *   {"data":[…],"madonvi":"…"}   [ … ]   { … }                    rows (one row) of the kind that the source is configured for
 */
#ifndef HOSO_INGEST_DOCUMENT_H
#define HOSO_INGEST_DOCUMENT_H

#include "ingest/map.h"

struct document {
    struct json_doc *doc;
    map_row *map;
    struct str agency; /* madonvi, else the source's own; a view */
    const struct json *rows;
    size_t count;
};

/*
 * map, agency: of the source's configuration. 0 with *ret, whose views live until document_close; MAP_REFUSED with *ret_code: not
 * JSON, or none of the forms above; ERR_NOMEM. text must outlive it.
 */
int document_open(struct str text, map_row *map, struct str agency, struct document *ret,
                  enum refusal_code *ret_code);
void document_close(struct document *document); /* fine on a zeroed one */

/* index < count. */
const struct json *document_row(const struct document *document, size_t index);

/* The mapper by the name that the configuration gives it: hoso, progress, events. NULL = no such word. */
map_row *document_mapper(const char *word);

#endif
