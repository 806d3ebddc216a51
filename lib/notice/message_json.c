/* The message for machines: Alertmanager's webhook, and the values of a template. */
#include "notice/message.h"

#include <stdlib.h>

#include "base/hash.h"
#include "json/json.h"

static char *copy_out(struct json_out *out)
{
    struct str text = json_out_text(out);
    char *copy = str_given(text) ? strndup(text.data, text.len) : NULL;
    json_out_free(out);
    return copy;
}

static void put_time(struct json_out *out, const char *key, int64_t at)
{
    char text[TIME_TEXT_SIZE];
    json_put_text(out, key,
                  at == NO_TIME ? STR("0001-01-01T00:00:00Z") : str_of(time_format(at, text)));
}

struct labels {
    enum section section;
    enum alert_rule rule;
    struct str unit_code;
    struct str unit_name;
    struct str dossier_code; /* empty = a count of many */
    int64_t count;
    int64_t begins_at;
    int64_t ends_at;
    const uint8_t *id;
    const char *note;
    int64_t last_event_at; /* both clocks of one dossier */
    int64_t last_ingested_at;
};

static void put_fingerprint(struct json_out *out, const struct labels *l)
{
    char rule[RULE_COUNT];
    snprintf(rule, sizeof rule, "%d", (int)l->rule);
    const struct str parts[] = {l->unit_code, str_of(rule)};
    uint8_t hash[HASH_SIZE];
    char hex[2 * EVENT_ID_SIZE + 1];
    hash_parts(parts, 2, hash);
    hex_encode(l->id ? l->id : hash, 8, hex); /* Alertmanager's have 16 digits */
    json_put_text(out, "fingerprint", str_of(hex));
}

static void put_alert(struct json_out *out, const struct labels *l, struct str link)
{
    json_begin_object(out, NULL);
    json_put_text(out, "status", l->section == SECTION_OVER ? STR("resolved") : STR("firing"));
    json_begin_object(out, "labels");
    json_put_text(out, "alertname", str_of(alert_rule_name(l->rule)));
    json_put_text(out, "unit", l->unit_code);
    json_put_text(out, "severity",
                  wording_is_violation(l->rule) ? STR("critical") : STR("warning"));
    if (str_given(l->dossier_code))
        json_put_text(out, "dossier", l->dossier_code);
    json_end_object(out);
    json_begin_object(out, "annotations");
    json_put_text(out, "summary", str_of(wording_rule(l->rule)));
    json_put_text(out, "unit_name", l->unit_name);
    json_put_text(out, "section", str_of(message_label(l->section)));
    if (l->note)
        json_put_text(out, "description", str_of(l->note));
    if (str_given(l->dossier_code)) {
        put_time(out, "last_event_at", l->last_event_at);
        put_time(out, "last_ingested_at", l->last_ingested_at);
    }
    char count[24];
    snprintf(count, sizeof count, "%lld", (long long)l->count);
    json_put_text(out, "count", str_of(count));
    json_end_object(out);
    put_time(out, "startsAt", l->begins_at);
    put_time(out, "endsAt", l->ends_at);
    json_put_text(out, "generatorURL", str_given(link) ? link : STR(""));
    put_fingerprint(out, l);
    json_end_object(out);
}

static void put_alerts(struct json_out *out, const struct message *message, bool codes)
{
    bool detailed[SECTION_COUNT] = {false};
    for (size_t i = 0; codes && i < message->item_count; i++) {
        const struct message_item *item = &message->items[i];
        const struct told_alert *a = &item->alert;
        bool over = item->section == SECTION_OVER;
        detailed[item->section] = true;
        const struct labels labels = {item->section,
                                      a->rule,
                                      a->unit_code,
                                      a->unit_name,
                                      a->dossier_code,
                                      1,
                                      a->began_at,
                                      over ? a->ended_at : NO_TIME,
                                      a->id,
                                      over
                                          ? wording_end(a->reason, a->state)
                                          : wording_of_verdict(wording_verdict(a, message->now_at)),
                                      a->last_event_at,
                                      a->last_ingested_at};
        put_alert(out, &labels, message->link);
    }
    for (size_t i = 0; i < message->group_count; i++) {
        const struct message_group *g = &message->groups[i];
        if (detailed[g->section])
            continue;
        const struct labels labels = {
            .section = g->section,
            .rule = g->rule,
            .unit_code = g->unit_code,
            .unit_name = g->unit_name,
            .count = g->count,
            .begins_at = message->now_at,
            .ends_at = g->section == SECTION_OVER ? message->now_at : NO_TIME,
        };
        put_alert(out, &labels, message->link);
    }
}

char *message_webhook(const struct message *message, const char *receiver, bool codes)
{
    struct json_out *out = json_out_new();
    if (!out)
        return NULL;
    bool firing = message_total(message, SECTION_NEW) + message_total(message, SECTION_STILL) > 0;
    char id[2 * EVENT_ID_SIZE + 1];
    char *subject = message_subject(message);
    json_begin_object(out, NULL);
    json_put_text(out, "receiver", str_of(receiver));
    json_put_text(out, "status", firing ? STR("firing") : STR("resolved"));
    json_begin_array(out, "alerts");
    put_alerts(out, message, codes);
    json_end_array(out);
    json_begin_object(out, "groupLabels");
    json_put_text(out, "recipient", message->recipient);
    json_end_object(out);
    json_begin_object(out, "commonLabels");
    json_end_object(out);
    json_begin_object(out, "commonAnnotations");
    json_put_text(out, "summary", str_of(subject));
    json_end_object(out);
    json_put_text(out, "externalURL", str_given(message->link) ? message->link : STR(""));
    json_put_text(out, "version", STR("4"));
    json_put_text(out, "groupKey", str_of(hex_encode(message->id, EVENT_ID_SIZE, id)));
    json_put_integer(out, "truncatedAlerts", 0);
    json_end_object(out);
    free(subject);
    return copy_out(out);
}

char *message_values(const struct message *message)
{
    static const char *const names[SECTION_COUNT] = {"new", "still", "over"};
    struct json_out *out = json_out_new();
    char *subject = message_subject(message);
    if (!out || !subject) {
        json_out_free(out);
        free(subject);
        return NULL;
    }
    char id[2 * EVENT_ID_SIZE + 1], text[512], number[24];
    const char *unit = strchr(subject, ' ') + 1; /* behind "[hoso] " */
    const char *colon = strstr(unit, ": ");
    snprintf(text, sizeof text, "%s%s%.*s%.*s", unit, str_given(message->link) ? ". Xem: " : ". ",
             STR_ARG(message->link), STR_ARG(message->notice));
    json_begin_object(out, NULL);
    json_put_text(out, "id", str_of(hex_encode(message->id, EVENT_ID_SIZE, id)));
    json_put_text(out, "address", message->to);
    json_put_text(out, "unit", (struct str){unit, colon ? (size_t)(colon - unit) : strlen(unit)});
    for (int s = 0; s < SECTION_COUNT; s++) {
        snprintf(number, sizeof number, "%lld", (long long)message_total(message, (enum section)s));
        json_put_text(out, names[s], str_of(number));
    }
    json_put_text(out, "link", message->link);
    json_put_text(out, "subject", str_of(subject));
    json_put_text(out, "text", str_of(text));
    json_end_object(out);
    free(subject);
    return copy_out(out);
}
