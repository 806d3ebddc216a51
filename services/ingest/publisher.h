/*
 * Events to Kafka: Avro value, key = dossier code, CloudEvents headers. Tells each event's request its fate. A producer that
 * is fatally broken is made anew; what it had in flight counts as not persisted.
 */
#ifndef HOSO_INGEST_PUBLISHER_H
#define HOSO_INGEST_PUBLISHER_H

#include "ingest/metrics.h"
#include "ingest/request.h"
#include "kafka/kafka.h"

struct publisher;

/* settings, topic and metrics must outlive it. */
int publisher_new(const struct kafka_settings *settings, const char *topic,
                  struct ingest_metrics *metrics, struct publisher **ret, struct error *err);
/* Waits at most timeout_ms for what is in flight; the rest is told "not persisted". NULL is fine; returns NULL. */
struct publisher *publisher_free(struct publisher *publisher, int timeout_ms);

/* 0: the request has one more in flight. PRODUCER_FULL, or negative: nothing was sent. */
int publisher_send(struct publisher *publisher, const struct event *event, struct request *request,
                   struct error *err);
/* Serves acknowledgements for at most timeout_ms. */
void publisher_poll(struct publisher *publisher, int timeout_ms);
/* Readable when publisher_poll has work; -1 while there is no producer. Ask again before each wait. */
int publisher_fd(const struct publisher *publisher);
size_t publisher_in_flight(const struct publisher *publisher);

#endif
