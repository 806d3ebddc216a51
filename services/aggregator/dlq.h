/*
 * Dead letters: records that could not be used, kept as rows of hoso.dlq_outbox in the transaction that moves the offset;
 * relay.h brings them to the dead-letter topic. One thread; reused from batch to batch.
 */
#ifndef HOSO_AGGREGATOR_DLQ_H
#define HOSO_AGGREGATOR_DLQ_H

#include "aggregator/intake.h"
#include "pg/pg.h"

struct dlq_rows;
struct dlq_rows *dlq_rows_new(void); /* NULL when memory is short */
struct dlq_rows *dlq_rows_free(struct dlq_rows *rows);
void dlq_rows_clear(struct dlq_rows *rows);
size_t dlq_rows_count(const struct dlq_rows *rows);
/* Copies the record with its headers. 0 or ERR_NOMEM. */
int dlq_rows_add(struct dlq_rows *rows, const struct record *record, const struct refusal *refusal);
/* Queues their insertion; those that are there already (a replay) stay as they are. As pg_queue_exec. */
int dlq_rows_queue(const struct dlq_rows *rows, struct pg *pg, struct str topic, struct error *err);

/*
 * Headers as the outbox keeps them, one after another: name, NUL, length (4 bytes, big-endian; all ones = no value at all, which
 * Kafka tells from an empty one), value. Appends one header to *buffer; 0 or ERR_NOMEM.
 */
struct header_buffer {
    char *data;
    size_t size;
    size_t capacity;
};
int header_buffer_add(struct header_buffer *buffer, const char *name, struct str value);
/* Takes the next header off *bytes: true with views into it; false at the end, or where the rest is no header. */
bool header_take(struct str *bytes, struct kafka_header *ret);

#endif
