#include "ingest/parcel.h"

#include <stdlib.h>

#include "service/event_headers.h"

static struct str put(char **at, struct str text)
{
    struct str copy = {*at, text.len};
    if (text.len)
        memcpy(*at, text.data, text.len);
    *at += text.len;
    return copy;
}

struct parcel *parcel_new(const struct event *event, struct str value,
                          const struct receipt *receipt)
{
    struct parcel *parcel = malloc(sizeof *parcel + event->source.len + event->dossier_code.len +
                                   value.len + receipt->trace.len);
    if (!parcel)
        return NULL;
    *parcel = (struct parcel){
        .receipt = *receipt, .kind = event->kind, .occurred_at = event->occurred_at};
    memcpy(parcel->event_id, event->event_id, EVENT_ID_SIZE);
    char *at = parcel->bytes;
    parcel->source = put(&at, event->source);
    parcel->key = put(&at, event->dossier_code);
    parcel->value = put(&at, value);
    parcel->receipt.trace = put(&at, receipt->trace);
    return parcel;
}

int parcel_send(struct parcel *parcel, struct producer *producer, const char *topic,
                struct error *err)
{
    struct event_headers headers;
    struct event event = {.kind = parcel->kind,
                          .source = parcel->source,
                          .dossier_code = parcel->key,
                          .occurred_at = parcel->occurred_at};
    memcpy(event.event_id, parcel->event_id, EVENT_ID_SIZE);
    event_headers_of(&event, parcel->receipt.trace, &headers);
    return producer_send(producer, topic, parcel->key, parcel->value, headers.list, headers.count,
                         0, parcel, err);
}
