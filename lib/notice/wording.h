/* What people read about an alert, in Vietnamese. Pure. */
#ifndef HOSO_NOTICE_WORDING_H
#define HOSO_NOTICE_WORDING_H

#include <stdio.h>

#include "domain/alert_notice.h"
#include "domain/ladder.h"

/* One alert as a message tells of it. Text: views. */
struct told_alert {
    const uint8_t *id; /* EVENT_ID_SIZE */
    enum alert_rule rule;
    enum alert_state state;
    struct str reason;
    struct str unit_code;
    struct str unit_name; /* empty = unknown */
    struct str dossier_code;
    struct str procedure_code;
    int64_t due_at;
    int64_t deadline_at;
    int64_t began_at;
    int64_t ended_at;
    int64_t last_event_at;
    int64_t last_ingested_at;
    int32_t portal_status;
    struct str acked_by; /* empty = nobody */
};

/* "Quá hạn trả kết quả", …; a text for ever. */
const char *wording_rule(enum alert_rule rule);
/* A violation goes on being said as long as it lasts; a warning is said once. */
bool wording_is_violation(enum alert_rule rule);

/* Which of the two clocks speaks: is it late work or late data? */
enum clock_verdict {
    CLOCK_WORK,   /* news is fresh and came soon after it happened */
    CLOCK_DATA,   /* the last news came more than a day after it happened */
    CLOCK_SILENT, /* nothing was heard for three days: the work may be done and not told */
    CLOCK_PORTAL, /* the portal's copy says that it is over */
};
enum clock_verdict wording_verdict(const struct told_alert *alert, int64_t now_at);
const char *wording_of_verdict(enum clock_verdict verdict);
/* "work", "data", "silent", "portal": for machines. */
const char *wording_clock(enum clock_verdict verdict);

/* "14:30 26/04/2026"; out has WORDING_TIME_SIZE bytes; NO_TIME gives "không rõ". Returns out. */
#define WORDING_TIME_SIZE 24
char *wording_time(int64_t at, char *out);

/* What a trouble of hoso itself ("kafka", "held", …) means for who has to mend it; a text for ever. */
const char *wording_trouble(const char *name);

/* Why it is over: "đã xử lý xong", …; a text for ever. */
const char *wording_end(struct str reason, enum alert_state state);

#endif
