#include "service/event_headers.h"

#include <stdio.h>

#include "base/hash.h"

bool is_traceparent(struct str text)
{
    static const struct str form = STR("00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx");
    static const struct str trace_none = STR("00000000000000000000000000000000");
    enum { TRACE_AT = 3, TRACE_LEN = 32, PARENT_AT = 36, PARENT_LEN = 16 };
    if (text.len != form.len)
        return false;
    for (size_t i = 0; i < form.len; i++) {
        char c = text.data[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (form.data[i] == 'x' ? !hex : c != form.data[i])
            return false;
    }
    return memcmp(text.data + TRACE_AT, trace_none.data, TRACE_LEN) != 0 &&
           memcmp(text.data + PARENT_AT, trace_none.data, PARENT_LEN) != 0;
}

void event_headers_of(const struct event *event, struct str trace, struct event_headers *ret)
{
    snprintf(ret->type, sizeof ret->type, "vn.hoso.dossier.%s", event_kind_name(event->kind));
    hex_encode(event->event_id, EVENT_ID_SIZE, ret->id);
    const struct kafka_header list[EVENT_HEADER_MAX] = {
        {"ce_specversion", STR("1.0")},
        {"ce_id", str_of(ret->id)},
        {"ce_type", str_of(ret->type)},
        {"ce_source", event->source},
        {"ce_time", str_of(time_format(event->occurred_at, ret->time))},
        {"ce_subject", event->dossier_code},
        {"traceparent", trace},
    };
    memcpy(ret->list, list, sizeof list);
    ret->count = str_given(trace) ? EVENT_HEADER_MAX : EVENT_HEADER_MAX - 1;
}
