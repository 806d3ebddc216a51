/*
 * What the alerter says to the world about one episode: the in-memory form of schemas/avro/alert.v1.avsc.
 */
#ifndef HOSO_DOMAIN_ALERT_NOTICE_H
#define HOSO_DOMAIN_ALERT_NOTICE_H

#include "domain/event.h"

/* firing: late now · resolved: ended or paused · retracted: was never late, the news came late. */
enum alert_state { ALERT_FIRING, ALERT_RESOLVED, ALERT_RETRACTED, ALERT_STATE_COUNT };
extern const char *const alert_state_names[ALERT_STATE_COUNT + 1]; /* Avro names, ended by NULL */
const char *alert_state_name(enum alert_state state);                /* NULL when out of range */

struct alert_notice {
    uint8_t alert_id
        [EVENT_ID_SIZE]; /* first 16 bytes of SHA-256(dossier code, rule, episode number); stable */
    enum alert_state state;
    struct str rule; /* "overdue" */
    int32_t episode; /* 1, 2, … */
    struct str dossier_code;
    int32_t unit_id;      /* 0 = unit unknown */
    struct str unit_code; /* empty when unknown */
    struct str unit_name;
    struct str procedure_code;
    int64_t due_at; /* the date that was missed */
    int64_t original_due_at;
    int64_t deadline_at; /* when it became late */
    int64_t fired_at;    /* our clock at the moment of the decision */
    int64_t ended_at;    /* source's time of what ended it; NO_TIME while firing */
    int64_t
        last_event_at; /* the newest occurred_at we know of this dossier: the source's clock … */
    int64_t
        last_ingested_at; /* … and when we were told: ours. Far apart = late data, not late work */
    enum tri
        late_data; /* the end rests on an undated word, or was told more than a day after it happened */
    struct str
        reason; /* short code: "deadline_passed", "done", "paused", "withdrawn", "refused", "late_data", "transferred" */
};

#endif
