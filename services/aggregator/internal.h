/* Shared by aggregator.c (the loop), writer.c (batches into PostgreSQL), follow.c (the map of units) and status.c (readiness and
 * metrics). */
#ifndef HOSO_AGGREGATOR_INTERNAL_H
#define HOSO_AGGREGATOR_INTERNAL_H

#include "aggregator/aggregator.h"
#include "aggregator/applier.h"
#include "aggregator/refold.h"
#include "aggregator/relay.h"
#include "base/backoff.h"
#include "service/offsets.h"

struct partition {
    struct offset_claim claim; /* next_offset = committed */
    bool ours;                 /* assigned by Kafka and claimed in PostgreSQL */
    int64_t high;              /* one past the last record in the log, as far as we know */
    int64_t next_offset;       /* where the batch being written moves it; -1 = not in it */
};

enum trouble { TROUBLE_KAFKA, TROUBLE_POSTGRES, TROUBLE_DISPLACED, TROUBLE_COUNT };

enum metric_index {
    METRIC_RECORDS,
    METRIC_EVENTS,
    METRIC_DUPLICATES,
    METRIC_DOSSIERS,
    METRIC_BATCHES,
    METRIC_BATCH_RECORDS,
    METRIC_COMMIT_LAST_US,
    METRIC_COMMIT_US,
    METRIC_DEAD_LETTERS_SENT,
    METRIC_REFOLDED,
    METRIC_EVENT_AGE,
    METRIC_FIXED_COUNT, /* then dead letters by reason, then lag by partition */
};

struct aggregator {
    struct service *service;
    const char *topic;
    int64_t batch_age_ms;
    uint8_t owner[OWNER_SIZE];
    struct fold_rules rules;
    struct reference reference;
    struct codec *codec;

    struct pg *pg; /* NULL = to be connected */
    struct consumer *consumer;
    struct relay *relay;
    struct applier *applier;
    struct refold *refold;
    bool refolding; /* some partition is behind the map */
    struct batch *batch;
    size_t
        range_max; /* records per transaction; less than the batch while a record that PostgreSQL refuses is looked for */
    struct partition *partitions;
    int partition_count;
    struct pg_array ours; /* numbers of the partitions that are */

    bool in_doubt; /* what PostgreSQL holds must be read again before the next batch */
    bool joined;   /* the group has given us our partitions, maybe none */
    bool unread;   /* the consumer was not emptied: its descriptor tells of new records only */
    struct backoff backoff;
    struct mono retry_at;
    bool retrying;                     /* nothing is tried before retry_at */
    struct partition_offset *ends;     /* room for partition_count of them */
    struct mono probed_at;             /* when they were asked for last */
    char troubles[TROUBLE_COUNT][256]; /* "" = none */

    struct metric *metrics;
    char (*metric_labels)[48];
    size_t metric_count;
};

/* ---- writer.c ---- */

/* Connects where there is no connection. As pg_connect. */
int writer_connect(struct aggregator *aggregator, struct error *err);
/* Closes a connection that is lost or cannot be trusted any more. */
void writer_disconnect(struct aggregator *aggregator);
/*
 * Claims a partition and finds where it goes on; as offsets_claim_in_log.
 */
int writer_claim(struct aggregator *aggregator, int32_t partition, struct error *err);
/* The partition is not ours any more: nothing of it in hand may be committed. */
void writer_give_up(struct aggregator *aggregator, int32_t partition);
/*
 * Writes the batch. 0 = it is empty now. ERR_UNAVAILABLE, ERR_CONFLICT: what is left of it is still in hand, try again later.
 * Other negatives: trying again does not mend it.
 */
int writer_flush(struct aggregator *aggregator, struct error *err);

/* ---- follow.c ---- */

/*
 * Looks for a newer map of units, when it is time. To be called before each batch: the owner of a partition before us may have
 * followed a newer map than the one in our hands. As pg_connect and refold_look.
 */
int follow_look(struct aggregator *aggregator, struct error *err);
/* Folds one chunk of one partition that is behind the map again. As refold_step. */
int follow_run(struct aggregator *aggregator, struct error *err);

/* ---- status.c ---- */

/* Makes the metrics (of partition_count partitions) and readiness known to the service. ERR_NOMEM. */
int status_open(struct aggregator *aggregator, struct error *err);
void status_close(struct aggregator *aggregator);
/* Sets (text, logged as a warning when it is new) or clears (NULL) a reason for not being ready. */
void status_trouble(struct aggregator *aggregator, enum trouble trouble, const char *text);
void status_committed(struct aggregator *aggregator, size_t records, const struct applied *applied,
                      int64_t commit_us);
void status_lag(struct aggregator *aggregator, int32_t partition);

#endif
