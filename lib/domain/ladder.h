/*
 * The ladder of alerts: for each rule the stretches of time in which somebody should know, from a folded dossier, its events, the
 * working calendar and the rules of its unit and procedure. Pure. This text is the specification; tests/oracle/ladder.py
 * follows it a second time.
 *
 * Words. "By date" and "by timestamp": rules.overdue. late(d) = overdue_deadline(rules.overdue, d): the first instant at which
 * something due at d is late. Intervals: those of the fold. due(i) of a running interval: its effective date, rule R. An interval is
 * fresh when it is the first running one; a warning whose moment lies before a fresh interval begins says nothing in it: a term
 * shorter than the warning (most certifications are done in the hour) would cry wolf on everyone.
 * An end is by status (the interval ended) unless said otherwise. All stretches are [began, ended).
 *
 * R. Resuming. The effective date of a running interval is its due_at in the fold. With resume = extend or restart, an interval that
 *    follows a paused one and has the fold's due_at of the running interval before that (no new date was issued) gets:
 *    extend: the effective date of that interval, moved on by the working time of all pauses between the two;
 *    restart, if one of those pauses was a supplement round (NĐ 61/2018 Điều 19.4: "tính lại từ đầu"): the working time from
 *    the beginning of the first running interval to the first effective date, counted from this interval's beginning; other
 *    pauses: as extend. Default is issued: the date as issued governs (domain notes 5.2), and report and alert agree.
 *
 * overdue            Running, reached late(due). [max(late(due), from), to). One that ended at late(due) exactly counts.
 * due_soon_1..3      Running, with a date. mark(k): a lead in days: by date, the opening of the n-th working day before the due
 *                    day; by timestamp, the clock time of due on that day. A lead in hours: that much working time before the end of
 *                    the due day (by date) or before due (by timestamp). [max(mark, from), the first of: to; by clock: the next mark that
 *                    is on and later, or late(due)). Not where fresh and from > mark. Empty ones do not count.
 * acceptance         Channel online, waiting. due = acceptance_hours of working time after from (NĐ 45/2020 Điều 17, domain notes 2.1);
 *                    late 1 ms after. [late, to) where to is later than due.
 * step_overdue       Progress rows of the deciding stream (fold rule 2), one per event_id, in event order; a row's step lasts until the
 *                    next row's occurred_at. Of each step with a step_due_at and each running interval: their common time from
 *                    late(step_due_at) on, if not empty. Ends by step where the step ends before the interval does.
 * supplement_late    Paused with a supplement, begun at or after midnight behind the supplement_days-th working day after the day of
 *                    base (NĐ 61/2018 Điều 19.4: 3 working days). base: accepted_at, else the first running interval's from;
 *                    after a supplement round that ended: its to. due = closing time of that last day. [from, to).
 * apology_missing    Running, with a date. mark = opening of the apology_days-th working day before the due day (NĐ 61/2018 Điều 19.9).
 *                    [max(mark, from), the first of: to; by apology: A). Not where fresh and from > mark, nor empty. A: where the
 *                    fold says apology_sent, the least of the occurred_at of apology_sent events and the ingested_at of records that say
 *                    so; else never.
 * reappointed_twice  From the second re-appointment (fold, reappointed_again_at) until the dossier ends (ended_at); not empty.
 *
 * A dossier that is an alias or erased has none. A rule that is off has none.
 */
#ifndef HOSO_DOMAIN_LADDER_H
#define HOSO_DOMAIN_LADDER_H

#include "domain/calendar.h"
#include "domain/overdue.h"

enum alert_rule {
    RULE_OVERDUE,
    RULE_DUE_SOON_1, /* the farthest lead */
    RULE_DUE_SOON_2,
    RULE_DUE_SOON_3,
    RULE_ACCEPTANCE,
    RULE_STEP_OVERDUE,
    RULE_SUPPLEMENT_LATE,
    RULE_APOLOGY_MISSING,
    RULE_REAPPOINTED_TWICE,
    RULE_COUNT
};
/* "overdue", …: as stored and sent. NULL out of range. */
const char *alert_rule_name(enum alert_rule rule);
/* RULE_COUNT when there is none of that name. */
enum alert_rule alert_rule_of(struct str name);

/* Over before we could tell: is it worth a silent row (a violation), or nothing (a warning that nobody needs any more)? */
bool alert_rule_recorded(enum alert_rule rule);

enum resume_rule { RESUME_ISSUED, RESUME_EXTEND, RESUME_RESTART };

enum { DUE_SOON_COUNT = 3 };
struct lead {
    int amount; /* working days 1..365, or working hours 1..200 */
    bool hours;
};

/* What holds for one dossier. */
struct ladder_rules {
    bool on[RULE_COUNT];
    enum overdue_rule overdue;
    enum resume_rule resume;
    struct lead due_soon[DUE_SOON_COUNT];
    int acceptance_hours; /* 1..200 */
    int supplement_days;  /* 1..365 */
    int apology_days;     /* 1..365 */
};
/* Everything on, by date, as issued; 3 and 1 working days, 4 working hours; 8 hours; 3 days; 1 day. */
struct ladder_rules ladder_rules_default(void);

struct ladder;                                     /* working memory; one thread */
struct ladder *ladder_new(void);                   /* NULL when memory is short */
struct ladder *ladder_free(struct ladder *ladder); /* NULL is fine; returns NULL */

/*
 * Takes a dossier as fold_run gave it from exactly these events. Everything given must live until the last ladder_episodes for it.
 * 0 or ERR_NOMEM.
 */
int ladder_take(struct ladder *ladder, const struct dossier *dossier,
                const struct event *const *events, size_t count, const struct calendar *calendar,
                const struct ladder_rules *rules);

/*
 * The stretches of one rule as seen at now_at, oldest first, at most max of them; returns how many there are (may exceed max).
 * One that the clock has not reached is not there, and an end that the clock has not reached has not come (ended_at NO_TIME).
 * *ret_next_at: the next instant at which the clock alone changes the answer; NO_TIME = never.
 */
size_t ladder_episodes(const struct ladder *ladder, enum alert_rule rule, int64_t now_at,
                       struct episode *out, size_t max, int64_t *ret_next_at);

#endif
