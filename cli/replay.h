/*
 * `hoso replay`: the aggregator's work done a second time beside the first, in schema hoso_replay (schemas/replay/shadow.sql), compared
 * with the tables in use at one and the same offset, and taken over on wish.
 */
#ifndef HOSO_CLI_REPLAY_H
#define HOSO_CLI_REPLAY_H

#include "kafka/kafka.h"
#include "pg/pg.h"
#include "site.h"

#define REPLAY_SCHEMA "hoso_replay"

enum replay_from { FROM_AUTO, FROM_LOG, FROM_HISTORY };

/* A partition of the aggregator, as it stands at the beginning. */
struct replay_partition {
    int32_t number;
    int64_t next_offset;
    int64_t low; /* the log's first offset, and one past its last */
    int64_t high;
};

struct replay {
    char **argv;
    struct site site;
    struct kafka_settings kafka;
    const char *topic;
    struct pg *live;   /* holds the tables in use still while they are compared */
    struct pg *shadow; /* works on the others meanwhile */
    struct replay_partition *partitions;
    size_t count;
};

/*
 * Opens both connections, reads the partitions of `consumer` ("aggregator", "alerter") and the log's reach. ERR_INPUT: it has
 * none; otherwise as pg_exec, consumer_watermarks.
 */
int replay_open(struct replay *replay, const char *consumer, struct error *err);
void replay_close(struct replay *replay);

/*
 * Makes the shadow schema anew and lets hoso-aggregator work in it until it stands where the live tables stand; these are then
 * locked against their writers, in a transaction of `live` that the caller ends. ERR_INPUT: the log does not reach back
 * (FROM_LOG). ERR_FAILED: the aggregator failed; it has said why. Otherwise as pg_exec.
 */
int replay_run(struct replay *replay, enum replay_from from, struct error *err);

/* `hoso replay offset`: moves the offsets of one partition (-1 = all); to: "begin", "end" or a number. */
int replay_move(struct replay *replay, const char *consumer, int32_t partition, const char *to,
                struct error *err);

#endif
