/* The CloudEvents headers (binary mode) that every record of the events topic carries. */
#ifndef HOSO_SERVICE_EVENT_HEADERS_H
#define HOSO_SERVICE_EVENT_HEADERS_H

#include "domain/event.h"
#include "kafka/kafka.h"

#define EVENT_HEADER_COUNT 6

/* The headers and the text that they view; not to be copied or moved. */
struct event_headers {
    struct kafka_header list[EVENT_HEADER_COUNT];
    char id[2 * EVENT_ID_SIZE + 1];
    char type[64];
    char time[TIME_TEXT_SIZE];
};

/* Fills *ret; it views the event's text too. The event is valid by event_validate. */
void event_headers_of(const struct event *event, struct event_headers *ret);

#endif
