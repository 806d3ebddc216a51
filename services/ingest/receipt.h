/*
 * Who is told that a record is persisted: a waiting HTTP request, or an item in a feed's ring. A value, so that nothing dangles when
 * the publisher sends a record a second time.
 */
#ifndef HOSO_INGEST_RECEIPT_H
#define HOSO_INGEST_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Exactly one of the two is called, once per record, only inside publisher_poll and publisher_free. */
struct receipt_events {
    /* Kafka has it (acks=all). */
    void (*persisted)(void *owner, uint64_t item);
    /* It has not, and nobody wants it any more (or the publisher goes). */
    void (*dropped)(void *owner, uint64_t item);
    /* Whether a record that Kafka did not take is to be sent again. NULL = always. */
    bool (*wanted)(void *owner, uint64_t item);
};

struct receipt {
    const struct receipt_events *events;
    void *owner; /* lives at least until the call */
    uint64_t item;
    struct str trace; /* the sender's traceparent, empty = none; copied when a record is sent */
};

#endif
