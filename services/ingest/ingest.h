/*
 * The ingest service: HTTP in, events on Kafka out, one thread.
 *
 *   POST /api/v1/portal   generation A messages (envelope.h), application/json
 *   POST /api/v1/events   native events (map_native.h), application/json or application/x-ndjson
 *
 * 200, 207, 422: answer.h. 400 the body is not such a message. 401 no source has this key. 404, 405. 413 too large. 415. 503 with
 * Retry-After: too much in flight, or Kafka did not acknowledge in time.
 */
#ifndef HOSO_INGEST_INGEST_H
#define HOSO_INGEST_INGEST_H

#include "service/service.h"

struct ingest;

/* Reads the configuration, connects its handler, readiness and metrics to the service, which must outlive it. */
int ingest_new(struct service *service, struct ingest **ret, struct error *err);
/* Until a stopping signal; then at most some seconds for what is in flight. */
void ingest_run(struct ingest *ingest);
/* Answers what is unanswered with 503. NULL is fine; returns NULL. */
struct ingest *ingest_free(struct ingest *ingest);

#endif
