#include "service/event_headers.h"

#include <stdio.h>

#include "base/hash.h"

void event_headers_of(const struct event *event, struct event_headers *ret)
{
    snprintf(ret->type, sizeof ret->type, "vn.hoso.dossier.%s", event_kind_name(event->kind));
    hex_encode(event->event_id, EVENT_ID_SIZE, ret->id);
    const struct kafka_header list[EVENT_HEADER_COUNT] = {
        {"ce_specversion", STR("1.0")},
        {"ce_id", str_of(ret->id)},
        {"ce_type", str_of(ret->type)},
        {"ce_source", event->source},
        {"ce_time", str_of(time_format(event->occurred_at, ret->time))},
        {"ce_subject", event->dossier_code},
    };
    memcpy(ret->list, list, sizeof list);
}
