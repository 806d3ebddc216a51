/*
 * What PostgreSQL knows about dossiers that are not in memory: their rows and all their events. One thread; reused from batch to
 * batch. The order of calls: clear, ask for each, queue_rows, [the queue runs], take_rows, queue_events, [the queue runs],
 * take_events; then past and event.
 */
#ifndef HOSO_AGGREGATOR_HISTORY_H
#define HOSO_AGGREGATOR_HISTORY_H

#include "codec/codec.h"
#include "domain/event.h"
#include "pg/pg.h"

/* Of one dossier that was asked for. */
struct past {
    int64_t dossier_id; /* 0 = it has no row; then the rest is zero */
    int32_t partition;
    int32_t unit_id; /* under which its contribution was added; 0 = none */
    bool erased;
    size_t first_event; /* for history_event; in no particular order */
    size_t event_count;
};

struct history;
struct history *history_new(void); /* NULL when memory is short */
struct history *history_free(struct history *history);

void history_clear(struct history *history);
/* Gives the number under which history_past has the answer; the code must live until the rows are taken. ERR_NOMEM. */
int history_ask(struct history *history, struct str code, uint32_t *ret_number);

/* Queues a statement where there is something to ask: 1, or 0 where not. Negative as pg_queue_exec. */
int history_queue_rows(struct history *history, struct pg *pg, struct error *err);
int history_queue_events(struct history *history, struct pg *pg, struct error *err);
/* Take the answer. ERR_NOMEM. */
int history_take_rows(struct history *history, struct error *err);
void history_take_events(struct history *history);

const struct past *history_past(const struct history *history, uint32_t number);
/*
 * Decodes an event, past->first_event .. + event_count - 1; its text is valid until history_clear. ERR_FAILED: it cannot be decoded
 * (names the dossier_id).
 */
int history_event(const struct history *history, const struct codec *codec, size_t index,
                  struct event *ret, struct error *err);

#endif
