/* The headers of every record of the events topic: CloudEvents (binary mode), and its sender's trace. */
#ifndef HOSO_SERVICE_EVENT_HEADERS_H
#define HOSO_SERVICE_EVENT_HEADERS_H

#include "domain/event.h"
#include "kafka/kafka.h"

#define EVENT_HEADER_MAX 7

/* The headers and the text that they view; not to be copied or moved. */
struct event_headers {
    struct kafka_header list[EVENT_HEADER_MAX];
    size_t count;
    char id[2 * EVENT_ID_SIZE + 1];
    char type[64];
    char time[TIME_TEXT_SIZE];
};

/* Fills *ret; it views the event's text and trace too. The event is valid by event_validate; trace: traceparent, empty = none. */
void event_headers_of(const struct event *event, struct str trace, struct event_headers *ret);

/* A traceparent of version 00 (W3C Trace Context, 3.2), in which no zero id stands. */
bool is_traceparent(struct str text);

#endif
