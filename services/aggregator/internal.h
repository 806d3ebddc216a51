/* Shared by aggregator.c (the loop), reader.c (Kafka), lanes.c (claims), lane.c (transactions), follow.c (the map of units) and status.c (readiness and metrics). */
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
    int64_t next_offset;       /* where the transaction under way moves it; -1 = not in it */
    const struct record *last; /* of that transaction */
    int64_t
        known_at; /* time of the newest record committed (first read, before that); NO_TIME = not known */
};

enum trouble { TROUBLE_KAFKA, TROUBLE_POSTGRES, TROUBLE_DISPLACED, TROUBLE_COUNT };

/* Where the time of a batch goes; in this order. */
enum stage { STAGE_COLLECT, STAGE_LOAD, STAGE_FOLD, STAGE_WRITE, STAGE_COMMIT, STAGE_COUNT };

enum { STATUS_AGE_BUCKETS = 10 };

enum metric_index {
    METRIC_RECORDS,
    METRIC_EVENTS,
    METRIC_DUPLICATES,
    METRIC_DOSSIERS,
    METRIC_LOADED,
    METRIC_BATCHES,
    METRIC_BATCH_RECORDS,
    METRIC_COMMIT_LAST_US,
    METRIC_COMMIT_US,
    METRIC_DEAD_LETTERS_SENT,
    METRIC_REFOLDED,
    METRIC_CACHED_DOSSIERS,
    METRIC_CACHED_BYTES,
    METRIC_BATCH_AGE,
    METRIC_AGES,                                          /* the histogram: buckets, sum, count */
    METRIC_STAGES = METRIC_AGES + STATUS_AGE_BUCKETS + 2, /* one for each stage */
    METRIC_FIXED_COUNT =
        METRIC_STAGES +
        STAGE_COUNT /* then dead letters by reason, then lag by partition, in records and in seconds */
};

/* A try that failed is repeated later, each time after a longer wait. */
struct retry {
    struct backoff backoff;
    struct mono at;
    bool planned; /* nothing is tried before `at` */
};

/* A connection that writes, with the partitions of its own: number % count of lanes. */
enum lane_state {
    LANE_IDLE,    /* no transaction */
    LANE_OPENING, /* offsets move, rows are looked for */
    LANE_LOADING, /* histories are read */
    LANE_WRITING, /* everything is written */
    LANE_CLOSING, /* COMMIT */
};
struct lane {
    struct aggregator *aggregator;
    int number;
    struct pg *pg; /* NULL = to be connected */
    struct applier *applier;
    struct batch *filling; /* takes new records */
    struct batch *writing; /* in hand until it is committed */
    size_t
        range_max; /* records per transaction; less than the batch while a record that PostgreSQL refuses is looked for */
    size_t n;      /* records of the transaction under way */
    enum lane_state state;
    struct offset_moves moves;
    bool in_doubt; /* what PostgreSQL holds must be read again before the next batch */
    struct retry retry;
    struct mono begun;    /* the transaction under way */
    struct mono stage_at; /* its present stage */
    int64_t stages_us[STAGE_COUNT];
};

struct aggregator {
    struct service *service;
    const char *topic;
    int64_t batch_age_ms;
    uint8_t owner[OWNER_SIZE];
    struct fold_rules rules;
    struct reference reference;
    struct codec *codec;

    struct pg *pg; /* for claims and dead letters; NULL = to be connected */
    struct consumer *consumer;
    struct relay *relay;
    struct refold *refold;
    bool refolding; /* some partition of an idle lane is behind the map */
    struct lane *lanes;
    int lane_count;
    struct record held; /* read, and its lane has no room yet */
    struct partition *partitions;
    int partition_count;
    struct pg_array ours; /* numbers of the partitions that are */

    bool joined;                       /* the group has given us our partitions, maybe none */
    struct retry retry;                /* of what `pg` is for */
    struct partition_offset *ends;     /* room for partition_count of them */
    struct mono probed_at;             /* when they were asked for last */
    char troubles[TROUBLE_COUNT][256]; /* "" = none */

    int64_t age_sum_ms; /* of all events at their commits */
    struct metric *metrics;
    char (*metric_labels)[48];
    size_t metric_count;
};

/* Plans the next try, or forgets that one was needed. */
void retry_plan(struct retry *retry);
void retry_reset(struct retry *retry);
/* Milliseconds until the planned try, 0 = now. */
int retry_wait_ms(const struct retry *retry);

/* ---- lanes.c: the claims ---- */

/* Connects where there is no connection (*pg NULL), to the schema whose rows are ours. As pg_connect. */
int connect_schema(const struct aggregator *aggregator, struct pg **pg, struct error *err);
/* The same for `pg`. */
int lanes_connect(struct aggregator *aggregator, struct error *err);
/*
 * Claims a partition; *ret_from: where it is read from, one record before it goes on, where that is known, so that it can be
 * recognised. As offsets_claim_in_log.
 */
int lanes_claim(struct aggregator *aggregator, int32_t partition, int64_t *ret_from,
                struct error *err);
/* The partition is not ours any more: nothing of it in hand may be committed. Its lane must be idle. */
void lanes_give_up(struct aggregator *aggregator, int32_t partition);

static inline struct lane *lane_of(struct aggregator *aggregator, int32_t partition)
{
    return &aggregator->lanes[partition % aggregator->lane_count];
}

/* ---- reader.c ---- */

/*
 * Takes records into the lanes' batches. 0 = Kafka has no more for now, or a lane has no room; READER_MORE = there may be more. Negative:
 * trying again does not mend it.
 */
enum { READER_MORE = 1 };
int reader_take(struct aggregator *aggregator, struct error *err);
/*
 * Once a second: asks the broker where our partitions end (or one, when we have none). Its answer is the lag, and the only sign that
 * Kafka is there while nothing comes: librdkafka tells its log of a lost broker, not us. Over the relay's connections: on the
 * consumer's the question would wait behind its long poll. And reports the committed offsets.
 */
void reader_probe(struct aggregator *aggregator);

/* ---- lane.c: the transactions ---- */

int lane_open(struct lane *lane, struct aggregator *aggregator, int number, struct error *err);
void lane_close(struct lane *lane);
/*
 * Goes on without waiting for PostgreSQL, as far as it can: settles a doubt, begins a batch that is due, takes answers. 0, or what
 * trying again does not mend; what it does mend has been planned.
 */
int lane_step(struct lane *lane, struct error *err);
/* Brings the transaction under way to its end, one way or the other. */
void lane_finish(struct lane *lane);
/* Milliseconds until there is something to do other than answer the socket; 0 = now, -1 = nothing. */
int lane_wait_ms(const struct lane *lane);

/* Connects where there is no connection. As pg_connect. */
int lane_connect(struct lane *lane, struct error *err);
/* Nothing that the lane was about to do is to be believed, because of the failure r. 0 = it is tried again. */
int lane_failed(struct lane *lane, int r, struct error *err);

/* ---- follow.c ---- */

/*
 * Looks for a newer map of units, when it is time. No lane begins before the first look after partitions have come: the owner
 * before us may have followed a newer map than the one in our hands. As pg_connect and refold_look.
 */
int follow_look(struct aggregator *aggregator, struct error *err);
/* Folds one chunk of one partition that is behind the map again, where its lane is idle. As lane_step. */
int follow_run(struct aggregator *aggregator, struct error *err);

/* ---- status.c ---- */

/* Makes the metrics (of partition_count partitions) and readiness known to the service. ERR_NOMEM. */
int status_open(struct aggregator *aggregator, struct error *err);
void status_close(struct aggregator *aggregator);
/* Sets (text, logged as a warning when it is new) or clears (NULL) a reason for not being ready. */
void status_trouble(struct aggregator *aggregator, enum trouble trouble, const char *text);
/* The lane has committed lane->n records in commit_us. */
void status_committed(struct lane *lane, const struct applied *applied, int64_t commit_us);
void status_lag(struct aggregator *aggregator, int32_t partition);

#endif
