/* From a row to records on their way: what the HTTP path and the feeds share. One thread. */
#ifndef HOSO_INGEST_INTAKE_H
#define HOSO_INGEST_INTAKE_H

#include "ingest/map.h"
#include "ingest/publisher.h"

struct intake {
    struct publisher *publisher;
    struct ingest_metrics *metrics;
    struct codec *codec;   /* reads events that come as Avro; may be NULL where none do */
    struct mapped *mapped; /* reused for every row */
    struct str event_key;
    struct str officer_key;
};

/* What all rows of one request, page or file are read against. key: that pushed them; NULL for a feed. */
struct map_input intake_input(const struct intake *intake, const struct source *source,
                              const struct key *key, struct str agency, int64_t ingested_at);

enum { INTAKE_FULL = 2 };
/*
 * Maps one row, asks whether its key may send it (permit.h) and sends its events, all with this receipt; *ret_sent says how many of them went, in any case. 0: all of them.
 * MAP_REFUSED with *ret: none, and counted. INTAKE_FULL: the producer takes no more now. Negative: see err. After the last two give
 * the whole row again or answer 503; what went twice is the same bytes.
 */
int intake_row(struct intake *intake, const struct map_input *input, map_row *map,
               const struct json *row, const struct receipt *receipt, size_t *ret_sent,
               struct refusal *ret, struct error *err);

/* The same for one event as framed Avro. */
int intake_avro(struct intake *intake, const struct map_input *input, struct str body,
                const struct receipt *receipt, size_t *ret_sent, struct refusal *ret,
                struct error *err);

#endif
