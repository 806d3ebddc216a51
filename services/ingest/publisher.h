/*
 * Events to Kafka: Avro value, key = dossier code, CloudEvents headers. It keeps each record until Kafka has it, and tells its
 * receipt then. A record that Kafka did not take is sent again, in its turn, for as long as its receipt wants it. A producer that is
 * fatally broken is made anew and given all of them again: the same bytes, so a record that did arrive is only a duplicate.
 */
#ifndef HOSO_INGEST_PUBLISHER_H
#define HOSO_INGEST_PUBLISHER_H

#include "domain/event.h"
#include "ingest/metrics.h"
#include "ingest/receipt.h"
#include "kafka/kafka.h"

struct publisher;

/* settings, topic and metrics must outlive it. */
int publisher_new(const struct kafka_settings *settings, const char *topic,
                  struct ingest_metrics *metrics, struct publisher **ret, struct error *err);
/* Waits at most timeout_ms for what is in flight; the rest is told "dropped". NULL is fine; returns NULL. */
struct publisher *publisher_free(struct publisher *publisher, int timeout_ms);

/* 0: the receipt will be told. PRODUCER_FULL, or negative: nothing was sent. */
int publisher_send(struct publisher *publisher, const struct event *event,
                   const struct receipt *receipt, struct error *err);
/* Serves acknowledgements for at most timeout_ms, sends again what is to be sent again. */
void publisher_poll(struct publisher *publisher, int timeout_ms);
/* Readable when publisher_poll has work; -1 while there is no producer. Ask again before each wait. */
int publisher_fd(const struct publisher *publisher);
/* Records not yet told of, those that wait to be sent again included. */
size_t publisher_in_flight(const struct publisher *publisher);

#endif
