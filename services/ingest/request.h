/*
 * One HTTP request: its rows on their way to Kafka. It is answered once: well when the last of its records is persisted, or with
 * 503 when that takes too long. After a 503 the sender re-sends everything; ids are stable, so that changes nothing.
 */
#ifndef HOSO_INGEST_REQUEST_H
#define HOSO_INGEST_REQUEST_H

#include "base/clock.h"
#include "ingest/answer.h"
#include "ingest/receipt.h"
#include "ingest/seen.h"

struct request;

/* All requests that still wait for something, oldest first. */
struct requests {
    struct request *oldest;
    struct request *newest;
    struct json_out *out; /* answers are written here; the caller's */
    void (*on_answer)(void *arg, int status, size_t accepted, size_t refused);
    void *on_answer_arg;
};

/*
 * lane counts the records in flight of the request's source, and outlives it. NULL when memory is short. It frees itself when it
 * is answered, sealed, and no record of it is in flight.
 */
struct request *request_new(struct requests *requests, struct http_exchange *exchange,
                            struct manner manner, struct mono began, size_t *lane);
/* The request is signed: the ticket is told how it was answered. */
void request_signed(struct request *request, const struct seen_ticket *ticket);
/* Its records carry this traceparent, which is valid until the request is answered. */
void request_traced(struct request *request, struct str trace);
/* One more row refused, or accepted. ERR_NOMEM from the former: fail the request. */
int request_refuse(struct request *request, size_t row, const struct refusal *refusal);
void request_accept(struct request *request);
/* `count` records have gone to the publisher with this receipt. They are wanted while the request is unanswered. */
struct receipt request_receipt(struct request *request);
void request_sent(struct request *request, size_t count);
/* Answers 503 now, if not answered yet. */
void request_fail(struct request *request);
/* No more rows will come. The request must not be touched afterwards. */
void request_seal(struct request *request);

/* Fails those that wait since before `since`. Their records may still be persisted; nobody promised either way. */
void requests_expire(struct requests *requests, struct mono since);
/* Fails all. */
void requests_fail_all(struct requests *requests);
/* Milliseconds that the oldest unanswered one has waited; 0 = none. */
int64_t requests_oldest_ms(const struct requests *requests, struct mono now);

#endif
