/*
 * Relays hoso.outbox to the alerts topic: at least once, in order per dossier. A row is marked sent only after Kafka has
 * reported its record persisted; a crash in between sends it again under the same ce_id.
 *
 * Each partition's rows are relayed by the alerter that owns the partition, so processes of one group do not send each other's.
 * Key = dossier code; value = the stored payload; CloudEvents headers. ce_id = alert_id "-" state, and for a firing alert that
 * moved to another unit also "-" unit "-" last_ingested_at, since that is said once per move.
 */
#ifndef HOSO_ALERTER_OUTBOX_H
#define HOSO_ALERTER_OUTBOX_H

#include "codec/codec.h"
#include "kafka/kafka.h"
#include "pg/pg.h"

struct outbox; /* one thread */

/* settings and topic outlive the outbox. */
int outbox_new(const struct kafka_settings *settings, const char *topic, struct outbox **ret,
               struct error *err);
struct outbox *outbox_free(struct outbox *outbox); /* NULL is fine; returns NULL */

/* There may be new rows: look at the next outbox_run. */
void outbox_wake(struct outbox *outbox);

/*
 * Takes reports from Kafka, marks what is persisted, sends what is unsent of the given partitions (an int4 array). Waits neither for
 * Kafka nor for PostgreSQL: pg is a connection of its own, and always the same one until outbox_reset. share: of the time, PostgreSQL may
 * work a share-th for it; 1 = all of it. pg NULL = the database is away: only takes reports. 0; errors as pg_exec. Kafka's own
 * troubles are retried.
 */
int outbox_run(struct outbox *outbox, struct pg *pg, const struct pg_array *partitions, int share,
               struct error *err);
/* The connection is gone (freed already). What Kafka has or gets of the rows will be marked over the next one. */
void outbox_reset(struct outbox *outbox);

/* Readable when outbox_run has reports to take. */
int outbox_fd(const struct outbox *outbox);
/* It waits for an answer on its connection. */
bool outbox_asks(const struct outbox *outbox);
/* Longest time until outbox_run must be called again while there are partitions. */
int outbox_timeout_ms(const struct outbox *outbox, int share);
/* Its way to Kafka, for questions; valid until the next outbox_run. */
struct producer *outbox_producer(const struct outbox *outbox);
/* Unsent rows of our partitions, as last seen. */
int64_t outbox_unsent(const struct outbox *outbox);
/* How long the oldest of them has been waiting, by PostgreSQL's clock; 0 = there is none. */
int64_t outbox_oldest_ms(const struct outbox *outbox);
/* Why Kafka did not take the last round; NULL when it did. Valid until the next outbox_run. */
const char *outbox_failing(const struct outbox *outbox);

#endif
