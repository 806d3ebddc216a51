/*
 * Brings the rows of hoso.dlq_outbox to the dead-letter topic, at least once: a row is marked only after Kafka has it, and
 * topic, partition and offset in the headers tell copies apart. One thread; never waits for Kafka.
 */
#ifndef HOSO_AGGREGATOR_RELAY_H
#define HOSO_AGGREGATOR_RELAY_H

#include "base/clock.h"
#include "kafka/kafka.h"
#include "pg/pg.h"

struct relay;
/* topic: the events topic whose dead letters go to dlq_topic; both, and settings, must outlive the relay. */
int relay_new(const struct kafka_settings *settings, const char *topic, const char *dlq_topic,
              struct relay **ret, struct error *err);
struct relay *relay_free(struct relay *relay); /* NULL is fine; returns NULL */

struct producer *relay_producer(const struct relay *relay); /* for questions; until the next step */
void relay_wake(struct relay *relay); /* there is something new: do not wait for the next look */
int relay_fd(struct relay *relay);    /* readable when a step is worth it */
int relay_wait_ms(const struct relay *relay, struct mono now); /* until the next look */

enum { RELAY_PASSED_OVER = 1 };
/*
 * One step: hands rows of these partitions (a PG_INT32 array) to the producer when none are under way, marks them when all have
 * been answered for; *sent grows by the rows marked. 0; RELAY_PASSED_OVER = Kafka refuses a row for good (the text says which and
 * why): it stays in the outbox, unsent, until the next start. Negative: as pg_exec, or ERR_NOMEM.
 */
int relay_step(struct relay *relay, struct pg *pg, const struct pg_array *partitions, int64_t *sent,
               struct error *err);

#endif
