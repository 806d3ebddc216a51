/*
 * The fold: one dossier's state from the set of everything said about it.
 *
 * Pure and order-free: any permutation and any duplication of the same events gives the same state,
 * bit by bit. The rules, numbered as in DESIGN.md "The fold":
 *
 *  1. Receipts. A record or status counts once per receipt (event_id, ingested_at), because an
 *     A-B-A correction must end at A; every other kind counts once per event_id, at its earliest receipt.
 *  2. Trust. If any record, progress or status event is TRUST_LOCAL, those of TRUST_PORTAL do not
 *     move the state; their last status is kept beside it (portal_status, rule 10).
 *  3. Record values. Attributes, due date and each milestone (submitted, accepted, ended, returned,
 *     refused) take the latest non-empty value in the order (trust, ingested_at, event_id).
 *     A record also states a status. It is dated when its milestone is: 1 submitted_at, 2 accepted_at,
 *     3 refused_at (else ended_at), 7 and 8 ended_at, 9 ended_at, 10 returned_at (else ended_at).
 *  4. Transitions, in the order of event_compare: every progress row at occurred_at; milestones by
 *     their own dates: (submitted_at, 1) (accepted_at, 2) (refused_at, 3) (ended_at, 9; or 3, 7, 8
 *     where that is the latest record's status) (returned_at, 10);
 *     undated statuses (kind status) at the ingested_at of the first of each run of equal ones;
 *     undated record statuses likewise, but only while no progress or status event is known for the dossier:
 *     rows with a date of their own outrank a snapshot that may be stale. A run of an undated
 *     record status is void when the next record's status is different, dated, and dated no later than the run began.
 *  5. Intervals. Transitions cut time into waiting (1), running (2, 4), paused (rules.paused, default
 *     5, 6, 8), ended (3; 7; 8 if final; 9 and 10 together) intervals; equal neighbours merge (running with running, paused
 *     with paused, ended only within 3, within 7, within 8, within 9/10).
 *  6. Due dates. Statements: each due_changed at occurred_at, each record's due_at at its ingested_at
 *     (ties: event order). The first one gives original_due_at (due_before_at, if that statement has one and then its due_at
 *     is a further statement); it is immutable. Then, with `due` the date judged by and `promised` the date
 *     last told to the citizen:
 *        same as promised, or a record repeating a date that an earlier-or-later known supplement replaced: nothing;
 *        reason correction: due = promised = new;
 *        new <= due: due = promised = new, at once;
 *        later, and explained (reason supplement; or a known supplement's new date; or a pause began
 *        since the last explained move and no later than the statement): due = promised = new;
 *        later, unexplained or reason reappointment: promised = new, reappointments + 1 when new > promised.
 *     A move made at a time after k breaks (paused or ended intervals begun) is the due date of running
 *     intervals k and later (at most the last one); the first statement is that of all.
 *     rules.due_change_is_correction treats every unexplained later date as a correction.
 *  7. Agency. The latest record's deciding agency, then every transfer in event order whose
 *     transfer_from is empty or the agency held so far.
 *  8. Alias: the latest alias event wins; the dossier then contributes nothing. Erased: the state is
 *     empty but for code and erased.
 *  9. ended_at is the beginning of the last interval when that is an ended one, status its last status.
 * 10. portal_disagrees: the portal's last status is ended (3, 7, 9, 10) and ours is not, or the reverse.
 *     (Only where both streams exist.)
 */
#ifndef HOSO_DOMAIN_FOLD_H
#define HOSO_DOMAIN_FOLD_H

#include "domain/event.h"

/* What a city may choose (domain notes 7). */
struct fold_rules {
    bool paused[STATUS_COUNT];     /* statuses that stop the clock; default 5, 6, 8 */
    bool due_change_is_correction; /* default false */
};
struct fold_rules fold_rules_default(void);

enum phase { PHASE_WAITING, PHASE_RUNNING, PHASE_PAUSED, PHASE_ENDED };

struct interval {
    enum phase phase;
    int32_t status; /* the last status inside */
    int64_t from_at;
    int64_t to_at;         /* NO_TIME = still lasting */
    int64_t due_at;        /* running: the date it is judged by, NO_TIME = none; others: NO_TIME */
    int64_t known_at;      /* ingested_at of the event that began it */
    enum time_basis basis; /* of the event that began it */
};

struct dossier {
    struct str code;
    struct str alternative_code;
    struct str alias_of; /* given = contributes nothing */
    bool erased;
    struct str procedure_code;
    struct str field_code;
    struct str deciding_agency;
    struct str receiving_agency;
    struct str deciding_unit;
    enum channel channel;
    enum subject subject;
    enum online_level online_level;
    enum tri non_territorial;
    int32_t status;   /* 0 while only attributes are known */
    enum phase phase; /* of the last interval; PHASE_WAITING when there is none */
    int64_t status_at;
    enum time_basis status_basis;
    int32_t portal_status; /* 0 = the portal said nothing, or is the only source */
    bool portal_disagrees;
    int64_t submitted_at;   /* record's date, else first transition to 1 */
    int64_t accepted_at;    /* record's date, else first transition to 2 or 4 */
    int64_t ended_at;       /* rule 9; NO_TIME while open */
    int64_t ended_known_at; /* ingested_at of the event that ended it */
    int64_t returned_at;
    int64_t original_due_at;
    int64_t due_at;      /* lateness is judged by this one */
    int64_t promised_at; /* last date told to the citizen */
    int32_t reappointments;
    int32_t supplement_rounds; /* paused intervals that contain status 5 */
    int64_t step_due_at;       /* of the latest progress row in event order */
    enum tri fee_due;
    enum tri paid;
    enum tri paid_online;
    enum tri digitised;
    enum tri apology_sent;
    struct str late_reason;
    int32_t rating; /* latest, 0 = none */
    int64_t rated_at;
    struct str officer; /* of the latest progress row that names one */
    int64_t first_ingested_at;
    int64_t last_ingested_at;
    const struct interval *intervals; /* in time order */
    size_t interval_count;
};

struct fold;                 /* working memory, reused from dossier to dossier; one thread */
struct fold *fold_new(void); /* NULL when memory is short */
struct fold *fold_free(struct fold *fold); /* NULL is fine; returns NULL */

/*
 * Folds events[0..count) (all of one dossier, any order, duplicates welcome, each valid by
 * event_validate) into *ret. Text in *ret are views into the events' text; intervals belong to
 * `fold`: both valid until the events go or the next fold_run. count 0 gives an empty dossier.
 * 0 or ERR_NOMEM.
 */
int fold_run(struct fold *fold, const struct fold_rules *rules, const struct event *const *events,
             size_t count, struct dossier *ret);

#endif
