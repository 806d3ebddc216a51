/*
 * What the alerter says to the world about one episode: the in-memory form of schemas/avro/alert.v1.avsc.
 */
#ifndef HOSO_DOMAIN_ALERT_NOTICE_H
#define HOSO_DOMAIN_ALERT_NOTICE_H

#include "domain/event.h"

/* firing: late now · resolved: ended or paused · retracted: was never late, the news came late. */
enum alert_state { ALERT_FIRING, ALERT_RESOLVED, ALERT_RETRACTED, ALERT_STATE_COUNT };
/* The Avro names ("firing", …), in their order and ended by NULL; and of one, NULL when out of range. */
extern const char *const alert_state_names[ALERT_STATE_COUNT + 1];
const char *alert_state_name(enum alert_state state);

struct alert_notice {
    /* First 16 bytes of SHA-256(dossier code, rule, episode number); stable. */
    uint8_t alert_id[EVENT_ID_SIZE];
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
    /* The newest occurred_at that we know of this dossier: the source's clock. */
    int64_t last_event_at;
    /* And when we were told: ours. Far apart = late data, not late work. */
    int64_t last_ingested_at;
    /* The end rests on an undated word, or was told more than a day after it happened. */
    enum tri late_data;
    /* Short code: "deadline_passed", "done", "paused", "withdrawn", "refused", "late_data", "transferred". */
    struct str reason;
    /* Which of the two clocks speaks, as the mail says it too: "work", "data", "silent", "portal". */
    struct str clock;
};

#endif
