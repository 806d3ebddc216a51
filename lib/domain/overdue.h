/*
 * Overdue: the rule and the episodes. By date it is the report's (domain notes 2.3); by timestamp it
 * is an option of the alerter only.
 */
#ifndef HOSO_DOMAIN_OVERDUE_H
#define HOSO_DOMAIN_OVERDUE_H

#include "domain/fold.h"

enum overdue_rule { OVERDUE_BY_DATE, OVERDUE_BY_TIMESTAMP };

/*
 * The first instant at which something due at due_at is late: midnight (Việt Nam) after its day, or
 * the millisecond after due_at. NO_TIME for NO_TIME: no due date is never overdue.
 */
int64_t overdue_deadline(enum overdue_rule rule, int64_t due_at);

enum verdict { VERDICT_NONE, VERDICT_EARLY, VERDICT_ON_TIME, VERDICT_LATE };
/*
 * By date, for an ended dossier: 9/10 early (day of ended_at < day of due_at), on time (same day or no due date), late;
 * 7 and a final 8 on time; VERDICT_NONE for everything else (open, waiting, refused, alias, erased).
 */
enum verdict overdue_verdict(const struct dossier *dossier);

/* What ended a stretch. Only ladder.h knows others than the first. */
enum episode_end {
    END_BY_STATUS,
    END_BY_CLOCK,   /* the next warning, or the deadline itself, took over */
    END_BY_STEP,    /* the step was done */
    END_BY_APOLOGY, /* the letter was sent */
};

/* One late stretch: a running interval that reached its deadline. */
struct episode {
    int32_t number;      /* 1, 2, … among the late intervals of the dossier */
    int64_t due_at;      /* the date that was missed */
    int64_t deadline_at; /* when it became late */
    int64_t began_at;    /* max(deadline, beginning of the interval) */
    int64_t ended_at;    /* end of the interval, NO_TIME = still late */
    enum episode_end ended_by;
    int32_t ended_status; /* by status: the one that ended it, 0 while it lasts */
    enum time_basis ended_basis;
    int64_t ended_known_at; /* ingested_at of what ended it */
};

/*
 * Writes the dossier's late intervals as seen at now_at, at most max of them, oldest first, and
 * returns how many there are (may exceed max). An open interval counts when now_at >= its deadline.
 * An interval that ended exactly at its deadline is late (it did not end before).
 * Alias and erased dossiers have none.
 */
size_t overdue_episodes(const struct dossier *dossier, enum overdue_rule rule, int64_t now_at,
                        struct episode *out, size_t max);

/*
 * The deadline that the wall clock must watch: that of the open running interval, also when it has
 * passed; NO_TIME when the dossier is not running or has no due date.
 */
int64_t overdue_watch(const struct dossier *dossier, enum overdue_rule rule);

#endif
