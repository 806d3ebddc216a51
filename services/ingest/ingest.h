/* The ingest service: what is pushed (push.h) and what it reads itself (feed.h) to Kafka; one thread. */
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
