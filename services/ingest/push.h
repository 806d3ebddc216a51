/*
 * What senders push over HTTP: from the request to the answer.
 *
 *   POST /api/v1/portal   generation A messages (envelope.h), application/json
 *   POST /api/v1/events   native events (map_native.h), application/json or application/x-ndjson
 *
 * 200, 207, 422: answer.h. 400 the body is not such a message. 401 no source has this key. 404, 405. 413 too large. 415. 503 with
 * Retry-After: too much in flight, or Kafka did not acknowledge in time.
 */
#ifndef HOSO_INGEST_PUSH_H
#define HOSO_INGEST_PUSH_H

#include "base/config.h"
#include "ingest/intake.h"
#include "ingest/request.h"

struct push {
    const struct sources *sources;
    struct intake *intake;
    struct requests requests;
    size_t *lanes; /* records in flight of each source, by its index */
    size_t in_flight_max;
    int64_t answer_within_ms;
    struct mono refused_at; /* when the producer last took nothing */
    bool stopping;          /* nothing new is taken */
};

/* config, sources and intake must outlive it. ERR_NOMEM; *ret can be deinitialised in any case. */
int push_init(const struct config *config, const struct sources *sources, struct intake *intake,
              struct push *ret, struct error *err);
/* Answers what is unanswered with 503. */
void push_deinit(struct push *push);

/* An http_handler; arg is the struct push. */
void push_handle(void *arg, struct http_exchange *exchange);
/* Answers 503 to who has waited too long. */
void push_expire(struct push *push, struct mono now);

#endif
