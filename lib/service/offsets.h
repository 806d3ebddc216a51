/*
 * Progress lives with the data: hoso.kafka_offset, one row per consumer, topic and partition, moved by compare-and-swap.
 *
 * A claim makes this process the one that may write for a partition: it sets owner and raises the epoch. Whoever wrote before
 * finds its epoch gone (ERR_CONFLICT) and commits nothing more, also when it slept through the rebalance: claim, advance and
 * check all lock the row, so a claim waits for a transaction that is under way and sees its result.
 *
 * They may run inside a transaction and fail as pg_exec does.
 */
#ifndef HOSO_SERVICE_OFFSETS_H
#define HOSO_SERVICE_OFFSETS_H

#include "base/error.h"
#include "kafka/kafka.h"
#include "pg/pg.h"

#define OWNER_SIZE 16

/* One partition of ours. consumer and topic: texts that outlive it. */
struct offset_claim {
    const char *consumer; /* "aggregator", "alerter" */
    const char *topic;
    int32_t partition;
    uint8_t owner[OWNER_SIZE]; /* random, made once per process */
    int64_t epoch;             /* of this claim */
    int64_t next_offset;       /* committed; the next to read */
    int64_t map_version;       /* all dossiers of the partition follow this hoso.map_change */
    int64_t
        last_offset; /* the last record committed, of which last_record is the fingerprint; -1 = not known */
    int64_t last_record;
    int64_t log_begin; /* of the log's first record; by offsets_claim_in_log */
    int64_t stop_at;   /* records from this offset on are not to be taken; INT64_MAX = no end */
};

/*
 * For a new connection: a process that is stopped in the middle of a transaction holds the rows of its partitions. Between two
 * statements the server ends such a session after OFFSETS_IDLE_S seconds; within one (a COPY whose rows do not come) whoever claims
 * does, so that nobody waits much longer.
 */
#define OFFSETS_IDLE_S "10"
int offsets_guard(struct pg *pg, struct error *err);

/*
 * Takes the partition over. In: consumer, topic, partition, owner. Sets all others to what is stored,
 * next_offset to first_offset where nothing is. Valid once the transaction has been committed. ERR_UNAVAILABLE also when another
 * transaction keeps the row for longer than OFFSETS_CLAIM_S seconds; by the time OFFSETS_IDLE_S is over, trying again helps.
 */
#define OFFSETS_CLAIM_S "2"
int offsets_claim(struct pg *pg, struct offset_claim *claim, int64_t first_offset,
                  struct error *err);

/*
 * Claims the partition and holds what is stored against the log: the first time it begins at the log's first record.
 * *ret_high: one past the log's last record. ERR_INPUT: the stored offset lies outside the log (retention has removed
 * records, or the topic was made anew); nothing may be skipped or read twice by guess, so a person decides. Otherwise as
 * offsets_claim and consumer_watermarks.
 */
int offsets_claim_in_log(struct pg *pg, struct consumer *consumer, int timeout_ms,
                         struct offset_claim *claim, int64_t *ret_high, struct error *err);

/*
 * Moves the stored offset from claim->next_offset to next_offset; last_record: fingerprint of the record before it. ERR_CONFLICT: it is not ours any more, or it is not there: write
 * nothing. The claim itself is the caller's to move, after the commit.
 */
int offsets_advance(struct pg *pg, const struct offset_claim *claim, int64_t next_offset,
                    int64_t last_record, struct error *err);

/*
 * Moves of several partitions of one consumer, topic and owner, made by one queued statement: if any of them is not ours any
 * more, the queue ends with ERR_CONFLICT. Reused; unchanged while the queue runs.
 */
struct offset_moves {
    const struct offset_claim *claim; /* any of them */
    struct pg_array partitions;
    struct pg_array epochs;
    struct pg_array from;
    struct pg_array to;
    struct pg_array records;
};
void offset_moves_init(struct offset_moves *moves);
void offset_moves_deinit(struct offset_moves *moves);
void offset_moves_clear(struct offset_moves *moves);
/* last_record: fingerprint of the record at next_offset - 1. ERR_NOMEM. */
int offset_moves_add(struct offset_moves *moves, const struct offset_claim *claim,
                     int64_t next_offset, int64_t last_record);
int offset_moves_queue(const struct offset_moves *moves, struct pg *pg, struct error *err);
/* Queues the test and lock of offsets_check for all of them, whatever they would move to; ERR_CONFLICT likewise. */
int offset_moves_check(const struct offset_moves *moves, struct pg *pg, struct error *err);

/* Where to begin reading: one record early, where the log still has the one committed last, so that it can be recognised. */
int64_t offsets_read_from(const struct offset_claim *claim);
/* What tells a record from every other one that could stand at its offset: time, key and value. */
int64_t offsets_fingerprint(const struct record *record);
/*
 * The record read first after a claim, that at claim->last_offset, against what was committed there. ERR_INPUT: the topic was made
 * anew and has grown beyond our offset since; a person decides.
 */
int offsets_recognise(const struct offset_claim *claim, const struct record *record,
                      struct error *err);

/*
 * After a COMMIT of unknown outcome or an ERR_CONFLICT: sets claim->next_offset to what is stored now. ERR_CONFLICT: the partition
 * is not ours any more. An epoch that was raised while we stayed the owner is taken over: somebody (hoso replay) has written
 * in our place, and what is in memory is to be forgotten.
 */
int offsets_reread(struct pg *pg, struct offset_claim *claim, struct error *err);

/* The same test and lock without moving anything, for what is written between batches. */
int offsets_check(struct pg *pg, const struct offset_claim *claim, struct error *err);

/*
 * Notes, in a transaction that has checked the claim, that the partition's dossiers follow this version of the map. The claim itself
 * is the caller's to move, after the commit.
 */
int offsets_map_followed(struct pg *pg, const struct offset_claim *claim, int64_t map_version,
                         struct error *err);

#endif
