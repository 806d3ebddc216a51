/* One record as the publisher keeps it, from the sending until Kafka has it: everything that is needed to send it again. */
#ifndef HOSO_INGEST_PARCEL_H
#define HOSO_INGEST_PARCEL_H

#include "domain/event.h"
#include "ingest/receipt.h"
#include "kafka/kafka.h"

struct parcel {
    struct parcel *next; /* sent later */
    struct parcel *previous;
    struct receipt receipt;
    bool waiting; /* to be sent again; the producer does not know it */
    uint8_t event_id[EVENT_ID_SIZE];
    enum event_kind kind;
    int64_t occurred_at;
    struct str source; /* views into bytes */
    struct str key;
    struct str value;
    char bytes[];
};

/* Copies all of it. NULL when memory is short. */
struct parcel *parcel_new(const struct event *event, struct str value,
                          const struct receipt *receipt);
/* As producer_send, which later reports with the parcel as its opaque. */
int parcel_send(struct parcel *parcel, struct producer *producer, const char *topic,
                struct error *err);

#endif
