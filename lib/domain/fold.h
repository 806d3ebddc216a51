/*
 * The fold: one dossier's state from the set of everything said about it.
 *
 * Pure and order-free: any permutation and any duplication of the same events gives the same state,
 * bit by bit. This text is the specification: whoever follows it, in any language, gets equal
 * results in every case.
 *
 * Words. A receipt is one event as given; (event_id, ingested_at) names it, and two receipts with
 * both equal are the same receipt. "Given" = not NO_TIME, not unknown, not empty, not 0. All times
 * are compared in whole milliseconds, unless days are named (day_of, base/clock.h). rank =
 * status_rank. Receipt order = (ingested_at, rank of the event's status, event_id), ids byte by
 * byte. Event order = event_compare. "Latest" without more = last in the order named.
 *
 *  1. Receipts. Equal receipts count once. Records and statuses count once per receipt, because an
 *     A-B-A correction must end at A; every other kind counts once per event_id, as received first
 *     (least ingested_at).
 *
 *  2. Trust. Records, progress rows and statuses form two streams, TRUST_LOCAL and TRUST_PORTAL. A
 *     stream speaks when it holds a progress row, a status, or a record with a stated status (rule
 *     4) or submitted_at or accepted_at. The local stream decides when it speaks, else the portal's
 *     does. Rules 4, 5 and 9 see the deciding stream only.
 *     All other kinds count whatever their trust (rule 6 says which dates count).
 *
 *  3. Values of records: each field by itself takes the latest given value in (trust: portal, then
 *     local; receipt order), from both streams: alternative_code, procedure, field, receiving
 *     agency, channel, subject, online level, non_territorial, fee_due, paid, paid_online,
 *     digitised, apology_sent, late_reason; submitted_at; accepted_at, but not from records whose
 *     status field is 1 or 3. (Deciding agency and unit: rule 7; due_at: rule 6.) Then: any paid
 *     event: paid = yes, and paid_online is that of the latest paid event (event order) that gives
 *     it, if any does; any apology_sent event: apology_sent = yes; rating and rated_at (=
 *     occurred_at): the latest rated event; step_due_at: that of the deciding stream's latest
 *     progress row (event order), given or not; officer: the latest such row that gives one. Fields
 *     of a kind that are not named here say nothing.
 *     Where no record gives it, submitted_at is the first transition to 1, and accepted_at the first
 *     transition to a running phase or to 9 or 10, of those that rule 5 does not skip. An
 *     accepted_at later than a given ended_at (rule 9) is set to ended_at.
 *
 *  4. Transitions (at, status, basis, known_at, event_id) of a stream:
 *     a. Each progress row: (occurred_at, status, its time_basis, ingested_at).
 *     b. Each status receipt: (ingested_at, status, ingest, ingested_at). Repeated ones merge in
 *        rule 5.
 *     c. Starts: (submitted_at, 1) and (accepted_at, 2), basis source: the latest given value among
 *        the stream's records in receipt order, accepted_at not from records whose status field is
 *        1 or 3.
 *     d. Records. A record's stated status is its status; where that is 0: 10 if returned_at is
 *        given, else 9 if ended_at, else 3 if refused_at, else none. The stream's records with a
 *        stated status, in receipt order, form runs: a record joins the run before it when the
 *        status is the same, 9 and 10 being the same here (group). In a run, ended_at, returned_at
 *        and refused_at each are the latest given value; the run's status is its last record's.
 *        Date of a run: 3: refused_at, else ended_at; 7 and 8: ended_at; 9: ended_at; 10: ended_at,
 *        else returned_at; all others, or when none is given: undated.
 *        A dated run gives (date, status, source), flagged as an ending unless returned_at dates
 *        it; status 10 with an ended_at gives instead (ended_at, 9, source), flagged, and (R, 10,
 *        source), not flagged, where R is returned_at if that is given and later than ended_at,
 *        else ended_at.
 *        An undated run gives (first ingested_at, status, ingest).
 *        - The stream has no progress row and no status: runs are piled in receipt order. A new run
 *          first removes from the top of the pile while the top's last transition is later, in
 *          (at, rank), than the new run's first; then, if the top is of the same group: a dated run
 *          replaces it, an undated one is dropped; else it is laid on top. The runs left in the
 *          pile count. So the dossier is as its last record says, and a stale snapshot does not
 *          reopen what had ended before it came.
 *        - It has one: rows with a date outrank a snapshot. Only the last run counts, and only if
 *          it is dated. That run, with first transition X, voids every transition of a and b of
 *          another group that is later than X in (at, rank), if it was received no later
 *          (ingested_at) than the run's last record (the source still says so after all that), or
 *          its `at` is on the day of X's (ends without a clock time, steps written after the end).
 *     known_at of c and d, and the event_id: those of the first (receipt order) of the records that
 *     give the value without another given value in between (in c among all the records that count
 *     there, in d within the run); undated: of the run's first record.
 *
 *  5. Intervals. Phases: 1 waiting; 2 and 4 running; 5, 6 and 8 paused where rules.paused says so,
 *     else 5 and 6 are running and 8 is ended (final); 3, 7, 9, 10 ended. (rules.paused of other
 *     statuses is not looked at.)
 *     Transitions in the order (at, rank, known_at, event_id, starts of 4c first) are taken one by
 *     one:
 *     - one to 1, or a start (4c), is skipped unless there is no interval yet, or the last one is
 *       waiting, or it is refused (3) and the transition is no start: nothing but a refused dossier
 *       goes back to "newly registered", and a milestone never reopens;
 *     - same phase as the last interval, and, if ended, same group: it joins it; its status becomes
 *       the interval's. If it is flagged, the phase is ended and its `at` is later than the
 *       interval's from_at, the interval now begins at it (from_at, known_at, basis; the interval
 *       before is prolonged): the record's own end of processing is the one the report counts;
 *     - else the last interval ends (to_at) and a new one begins at `at` with the transition's
 *       basis and known_at. Both may be the same instant.
 *     A paused interval with a 5 among its statuses is a supplement round. returned_at: `at` of the
 *     first transition to 10 in the last interval, counted anew when the interval is made to begin
 *     later; NO_TIME when the last interval is not one of 9/10.
 *     status, phase: of the last interval. status_at, status_basis: of the first of the transitions
 *     that gave it its present status without another status in between, counted anew when the
 *     interval is made to begin later.
 *
 *  6. Due dates. Statements: each due_changed, at = the earlier of occurred_at and ingested_at;
 *     each receipt of a record with a due_at, at = ingested_at. If any statement is TRUST_LOCAL,
 *     only those count. Order: at; due_changed before records; due_changed among themselves by
 *     (occurred_at, due_at, event_id), records by receipt order. `due` is the date judged by,
 *     `promised` the one last told, `ceiling` the latest `due` since the last explained move or
 *     correction.
 *     The first statement: original_due_at = due = promised = ceiling = its due_before_at if it is
 *     a due_changed that gives one, and then its due_at is taken like any further one; else its
 *     due_at. original_due_at never changes by what is stated later.
 *     Each further date `new`, the first that applies. (Open reason = a record, or a due_changed of
 *     unknown reason.)
 *     a. A record whose new is a replaced date: nothing. Replaced: the due_before_at of every
 *        supplement statement before it in the order, and the `due` and the `promised` that each
 *        explained move (e) made so far left for another date. (Stale records do not bring back old
 *        dates.)
 *     b. new = promised, and (new = due, or reason open or reappointment): nothing.
 *     c. Reason correction: due = promised = ceiling = new, and wherever the old `due` is the date
 *        of a running interval, new is.
 *     d. The day of new is not after the day of due; or the reason is open and it is not after the
 *        day of ceiling: due = promised = new.
 *     e. Explained: reason supplement; or open, and new is the due_at of a supplement statement,
 *        wherever it stands in the order; or open, and a paused interval has from_at <= at, from_at
 *        > the `at` of the last explained move (if any), and to_at > the `at` of the first
 *        statement (or lasts still): due = promised = ceiling = new.
 *     f. Open, and rules.due_change_is_correction: as c.
 *     g. Reappointment: reappointments + 1 if the day of new is after the day of promised; promised
 *        = new; due stays. reappointed_again_at: `at` of the statement that made it 2, else NO_TIME.
 *     Dates of running intervals: the first date is that of all. d and e at time `at`: take the
 *     last interval with from_at <= at (the first interval when there is none); while it is ended,
 *     go one back (from the first: stay). Running intervals from it on get new; if it is paused
 *     that means later ones only.
 *     (What ran before a pause stays judged by what was promised then; what is told after the end
 *     counts for the work that led to it.)
 *     due_at and promised_at are the last due and promised; all NO_TIME without a statement.
 *
 *  7. Agency. deciding_agency: the latest given one of the records (order of rule 3).
 *     deciding_unit: the latest given one among that record and those after it in that order (among
 *     all records when none gives an agency). Then each transfer in event order moves the agency to
 *     transfer_to when no agency is held, or transfer_from is the agency held, or transfer_from is
 *     empty and the transfer's ingested_at is not before that record's. A move to another agency
 *     than the one held empties deciding_unit.
 *
 *  8. Alias: alias_of of the latest alias (event order). Any erased event: the state is empty but
 *     for code and erased.
 *
 *  9. ended_at and ended_known_at: from_at and known_at of the last interval when that is an ended
 *     one, else NO_TIME.
 *
 * 10. portal_status: where the local stream decides and the portal's speaks, the status by rules 4
 *     and 5 of the portal's stream alone (0 when that has no interval); else 0. portal_disagrees:
 *     portal_status is given and one of the two is in an ended phase and the other is not.
 *
 * first_ingested_at and last_ingested_at: least and greatest ingested_at of all receipts.
 * Empty state: numbers 0, times NO_TIME, tri-states unknown, texts empty, phase waiting, bases
 * source.
 */
#ifndef HOSO_DOMAIN_FOLD_H
#define HOSO_DOMAIN_FOLD_H

#include "domain/event.h"

/* What a city may choose (domain notes 7). */
struct fold_rules {
    bool paused[STATUS_COUNT];     /* which of 5, 6, 8 stop the clock; default all three */
    bool due_change_is_correction; /* default false */
};
struct fold_rules fold_rules_default(void);

enum phase { PHASE_WAITING, PHASE_RUNNING, PHASE_PAUSED, PHASE_ENDED };
const char *
phase_name(enum phase phase); /* "waiting", … as PostgreSQL keeps it; NULL out of range */

struct interval {
    enum phase phase;
    int32_t status; /* the last status inside */
    int64_t from_at;
    int64_t to_at;         /* NO_TIME = still lasting */
    int64_t due_at;        /* running: the date it is judged by, NO_TIME = none; others: NO_TIME */
    int64_t known_at;      /* ingested_at of the event that began it */
    enum time_basis basis; /* of the event that began it */
    bool supplement;       /* paused: a status 5 is inside */
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
    enum event_trust decides; /* rule 2: whose stream */
    int32_t status;           /* 0 while only attributes are known */
    enum phase phase;         /* of the last interval; PHASE_WAITING when there is none */
    int64_t status_at;
    enum time_basis status_basis;
    int32_t portal_status; /* 0 = the portal said nothing, or is the only source */
    bool portal_disagrees;
    int64_t submitted_at;   /* rule 3 */
    int64_t accepted_at;    /* rule 3 */
    int64_t ended_at;       /* rule 9; NO_TIME while open */
    int64_t ended_known_at; /* ingested_at of the event that ended it */
    int64_t returned_at;    /* rule 5; NO_TIME unless done */
    int64_t original_due_at;
    int64_t due_at;      /* lateness is judged by this one */
    int64_t promised_at; /* last date told to the citizen */
    int32_t reappointments;
    int64_t reappointed_again_at; /* rule 6g */
    int32_t supplement_rounds;    /* paused intervals that contain status 5 */
    int64_t step_due_at;          /* of the latest progress row in event order */
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
