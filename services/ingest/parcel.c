#include "ingest/parcel.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

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
    struct parcel *parcel =
        malloc(sizeof *parcel + event->source.len + event->dossier_code.len + value.len);
    if (!parcel)
        return NULL;
    *parcel = (struct parcel){
        .receipt = *receipt, .kind = event->kind, .occurred_at = event->occurred_at};
    memcpy(parcel->event_id, event->event_id, EVENT_ID_SIZE);
    char *at = parcel->bytes;
    parcel->source = put(&at, event->source);
    parcel->key = put(&at, event->dossier_code);
    parcel->value = put(&at, value);
    return parcel;
}

int parcel_send(struct parcel *parcel, struct producer *producer, const char *topic,
                struct error *err)
{
    char id[2 * EVENT_ID_SIZE + 1];
    char type[64];
    char time[TIME_TEXT_SIZE];
    snprintf(type, sizeof type, "vn.hoso.dossier.%s", event_kind_name(parcel->kind));
    const struct kafka_header headers[] = {
        {"ce_specversion", STR("1.0")},
        {"ce_id", str_of(hex_encode(parcel->event_id, EVENT_ID_SIZE, id))},
        {"ce_type", str_of(type)},
        {"ce_source", parcel->source},
        {"ce_time", str_of(time_format(parcel->occurred_at, time))},
        {"ce_subject", parcel->key},
    };
    return producer_send(producer, topic, parcel->key, parcel->value, headers,
                         sizeof headers / sizeof *headers, 0, parcel, err);
}
