/*
 * A small world for the tests of decide(): things that happen to one dossier, told to the product's fold and decide(), and a
 * second implementation of lateness that only walks through the hours.
 */
#ifndef HOSO_TESTS_DECIDE_WORLD_H
#define HOSO_TESTS_DECIDE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "alerter/decide.h"

/* Hours since a Vietnamese midnight. Due on day 1, so late from hour 48; the supplement's date is late from hour 120. */
#define HOUR(h) (day_start(20515) + (int64_t)(h)*MS_PER_HOUR)
enum { ACCEPT_HOUR = 8, DUE_HOUR = 36, NEW_DUE_HOUR = 108, LAST_HOUR = 200, FOR_EVER = 9999 };
enum { UNIT_FIRST = 7, UNIT_SECOND = 8 };

/* Something the source says; hour is its own time. new_due: a supplement's date; transfer: to the second unit. */
struct thing {
    int hour;
    int status;
    bool new_due;
    bool transfer;
};
enum { EVENTS_MAX = 16, ROWS_MAX = 96 };

/* ---- the second implementation ---- */

struct stretch {
    int began;
    int ended; /* FOR_EVER = lasts */
    int due;
    int end_status;
};

/* 'r' running, 'p' paused, and the kind of ending. */
static inline char phase_of(int status)
{
    switch (status) {
    case 2:
    case 4: return 'r';
    case 5:
    case 6:
    case 8: return 'p';
    case 7: return '7';
    default: return '9';
    }
}

static inline int status_at(const struct thing *const *known, size_t count, int hour)
{
    int status = 2, latest = ACCEPT_HOUR;
    for (size_t i = 0; i < count; i++) {
        if (known[i]->status && known[i]->hour <= hour && known[i]->hour > latest) {
            status = known[i]->status;
            latest = known[i]->hour;
        }
    }
    return status;
}

/* A piece of the dossier's life in one phase. */
struct piece {
    char phase;
    int status;
    int from;
    int to;
    int due;
};

static inline size_t cut(const struct thing *const *known, size_t count, struct piece *out)
{
    size_t pieces = 0;
    for (int hour = ACCEPT_HOUR; hour <= LAST_HOUR; hour++) {
        int status = status_at(known, count, hour);
        if (pieces && out[pieces - 1].phase == phase_of(status))
            continue;
        if (pieces)
            out[pieces - 1].to = hour;
        out[pieces++] = (struct piece){phase_of(status), status, hour, FOR_EVER, DUE_HOUR};
    }
    return pieces;
}

/* The new date counts from the piece it was told in; told after an ending, for the work before that. */
static inline void apply_new_due(struct piece *pieces, size_t count, int hour)
{
    size_t at = 0;
    while (at + 1 < count && pieces[at + 1].from <= hour)
        at++;
    while (at > 0 && pieces[at].phase >= '0' && pieces[at].phase <= '9')
        at--;
    for (; at < count; at++)
        pieces[at].due = NEW_DUE_HOUR;
}

/* Late stretches as seen at `now`; *watch is the deadline of the work that still runs, 0 = none. */
static inline size_t walk(const struct thing *const *known, size_t count, int now,
                          struct stretch *out, int *watch)
{
    struct piece pieces[EVENTS_MAX];
    size_t piece_count = cut(known, count, pieces);
    for (size_t i = 0; i < count; i++) {
        if (known[i]->new_due)
            apply_new_due(pieces, piece_count, known[i]->hour);
    }
    size_t late = 0;
    *watch = 0;
    for (size_t i = 0; i < piece_count; i++) {
        const struct piece *piece = &pieces[i];
        int deadline = (piece->due / 24 + 1) * 24;
        bool lasts = piece->to == FOR_EVER;
        if (piece->phase != 'r')
            continue;
        if (lasts)
            *watch = deadline;
        if (lasts ? now < deadline : piece->to < deadline)
            continue;
        out[late++] = (struct stretch){piece->from > deadline ? piece->from : deadline, piece->to,
                                       piece->due, lasts ? 0 : pieces[i + 1].status};
    }
    return late;
}

static inline const char *reason_of(const struct stretch *stretch)
{
    switch (stretch->end_status) {
    case 0: return "deadline_passed";
    case 7: return "withdrawn";
    case 9: return "done";
    default: return "paused";
    }
}

/* ---- the product's side: events, fold, decide, and a table of rows ---- */

struct world {
    struct event events[EVENTS_MAX];
    const struct event *pointers[EVENTS_MAX];
    size_t event_count;
    const struct thing *known[EVENTS_MAX];
    size_t known_count;
    int now;
    struct alert_row rows[ROWS_MAX];
    size_t row_count;
    struct alert_row previous[ROWS_MAX]; /* before the last step */
    size_t previous_count;
    unsigned announced[ROWS_MAX]; /* bit per state, by row */
    int notices;
    int64_t watch_at;
    struct fold *fold;
    struct ladder *ladder;
    struct calendar *calendar;
    struct fold_rules rules;
    struct ladder_rules ladder_rules;
    struct decision decision;
};

static inline struct event *add_event(struct world *w, enum event_kind kind, int hour)
{
    struct event *event = &w->events[w->event_count];
    *event = event_empty();
    event->kind = kind;
    event->event_id[0] = (uint8_t)w->event_count;
    event->source = STR("test");
    event->trust = TRUST_LOCAL;
    event->dossier_code = STR("H24.1-260302-0001");
    event->occurred_at = HOUR(hour);
    event->ingested_at = HOUR(w->now) + (int64_t)w->event_count;
    w->pointers[w->event_count++] = event;
    return event;
}

static inline void arrive(struct world *w, const struct thing *thing)
{
    w->known[w->known_count++] = thing;
    if (thing->status) {
        add_event(w, EVENT_PROGRESS, thing->hour)->status = thing->status;
    } else if (thing->new_due) {
        struct event *event = add_event(w, EVENT_DUE_CHANGED, thing->hour);
        event->due_at = HOUR(NEW_DUE_HOUR);
        event->due_reason = DUE_SUPPLEMENT;
    } else {
        add_event(w, EVENT_TRANSFERRED, thing->hour)->transfer_to = STR("SECOND");
    }
}

static inline void world_begin(struct world *w)
{
    struct world kept = *w;
    *w = (struct world){.fold = kept.fold,
                        .ladder = kept.ladder,
                        .calendar = kept.calendar,
                        .ladder_rules = ladder_rules_default(),
                        .decision = kept.decision,
                        .rules = fold_rules_default(),
                        .now = ACCEPT_HOUR,
                        .watch_at = NO_TIME};
    for (int rule = 0; rule < RULE_COUNT; rule++)
        w->ladder_rules.on[rule] = rule == RULE_OVERDUE;
    add_event(w, EVENT_PROGRESS, ACCEPT_HOUR)->status = STATUS_ACCEPTED;
    add_event(w, EVENT_DUE_CHANGED, ACCEPT_HOUR)->due_at = HOUR(DUE_HOUR);
}

/* Firing rows become resolved or retracted, resolved ones retracted, and nothing else. */
static inline void check_transition(const struct alert_row *before,
                                    const struct alert_action *action)
{
    enum alert_state from = before->state, to = action->row.state;
    assert_int_not_equal(from, ALERT_RETRACTED);
    assert_true(to >= from);
    assert_int_equal(before->fired_at, action->row.fired_at);
    assert_int_equal(before->silent, action->row.silent);
    assert_int_equal(from != to,
                     action->change == ALERT_RESOLVE || action->change == ALERT_RETRACT);
}

static inline void apply(struct world *w, const struct alert_action *action)
{
    struct alert_row *row = NULL;
    int32_t newest = 0;
    for (size_t i = 0; i < w->row_count; i++) {
        if (w->rows[i].rule != action->row.rule)
            continue;
        newest = w->rows[i].episode > newest ? w->rows[i].episode : newest;
        if (w->rows[i].episode == action->row.episode)
            row = &w->rows[i];
    }
    bool fresh = action->change == ALERT_FIRE || action->change == ALERT_RECORD_LATE;
    assert_int_equal(fresh, row == NULL);
    if (row) {
        check_transition(row, action);
    } else {
        assert_true(w->row_count < ROWS_MAX);
        assert_int_equal(action->row.episode, newest + 1);
        assert_int_equal(action->row.silent, action->row.ended_at != NO_TIME);
        row = &w->rows[w->row_count++];
    }
    *row = action->row;
    if (action->notice) {
        assert_false(row->silent);
        unsigned bit = 1u << row->state;
        assert_true(action->change == ALERT_MOVE || !(w->announced[row - w->rows] & bit));
        w->announced[row - w->rows] |= bit;
        w->notices++;
    }
    assert_int_equal(action->notice, action->change != ALERT_AMEND && !row->silent);
}

static inline void run_decide(struct world *w, bool may_fire)
{
    struct dossier dossier;
    assert_int_equal(fold_run(w->fold, &w->rules, w->pointers, w->event_count, &dossier), 0);
    assert_int_equal(ladder_take(w->ladder, &dossier, w->pointers, w->event_count, w->calendar,
                                 &w->ladder_rules),
                     0);
    struct alert_row stored[ROWS_MAX];
    memcpy(stored, w->rows, sizeof stored);
    memcpy(w->previous, w->rows, sizeof stored);
    w->previous_count = w->row_count;
    struct decide_input in = {
        .dossier = &dossier,
        .ladder = w->ladder,
        .rules = &w->rules,
        .on = w->ladder_rules.on,
        .unit_id = str_eq(dossier.deciding_agency, STR("SECOND")) ? UNIT_SECOND : UNIT_FIRST,
        .last_event_at = HOUR(w->now),
        .now_at = HOUR(w->now),
        .may_fire = may_fire,
        .rows = stored,
        .row_count = w->row_count};
    assert_int_equal(decide(&in, &w->decision), 0);
    for (size_t i = 0; i < w->decision.count; i++) {
        assert_true(w->decision.actions[i].change != ALERT_FIRE || may_fire);
        apply(w, &w->decision.actions[i]);
    }
    w->watch_at = w->decision.watch_at;
    /* A restart decides the same again: nothing more to do. */
    memcpy(stored, w->rows, sizeof stored);
    in.row_count = w->row_count;
    assert_int_equal(decide(&in, &w->decision), 0);
    assert_int_equal(w->decision.count, 0);
    assert_int_equal(w->decision.watch_at, w->watch_at);
}

static inline const struct alert_row *live_row(const struct world *w, int began)
{
    const struct alert_row *found = NULL;
    for (size_t i = 0; i < w->row_count; i++) {
        if (w->rows[i].state == ALERT_RETRACTED || w->rows[i].began_at != HOUR(began))
            continue;
        assert_null(found);
        found = &w->rows[i];
    }
    return found;
}

static inline bool transferred(const struct world *w)
{
    for (size_t i = 0; i < w->known_count; i++) {
        if (w->known[i]->transfer)
            return true;
    }
    return false;
}

/* A stretch that was late before the step and still is keeps its row, unless that had been called over. */
static inline void check_identity(const struct world *w)
{
    for (size_t i = 0; i < w->previous_count; i++) {
        const struct alert_row *before = &w->previous[i];
        int began = (int)((before->began_at - HOUR(0)) / MS_PER_HOUR);
        const struct alert_row *now = before->state == ALERT_RETRACTED ? NULL : live_row(w, began);
        assert_true(!now || now->episode == before->episode ||
                    str_eq(w->rows[i].reason, STR("superseded")));
    }
}

/* The live rows are the late stretches: the lasting one where it could fire. */
static inline void check_world(const struct world *w, bool may_fire)
{
    struct stretch stretches[EVENTS_MAX];
    int watch;
    size_t count = walk(w->known, w->known_count, w->now, stretches, &watch);
    size_t live = 0, matched = 0;
    for (size_t i = 0; i < w->row_count; i++)
        live += w->rows[i].state != ALERT_RETRACTED;
    for (size_t i = 0; i < count; i++) {
        const struct stretch *stretch = &stretches[i];
        const struct alert_row *row = live_row(w, stretch->began);
        bool lasts = stretch->ended == FOR_EVER;
        if (lasts && !row) {
            assert_false(may_fire);
            watch = stretch->began;
            continue;
        }
        assert_non_null(row);
        matched++;
        assert_int_equal(row->state, lasts ? ALERT_FIRING : ALERT_RESOLVED);
        assert_int_equal(row->due_at, HOUR(stretch->due));
        assert_int_equal(row->ended_at, lasts ? NO_TIME : HOUR(stretch->ended));
        bool moved = str_eq(row->reason, STR("transferred"));
        assert_true(moved ? lasts && transferred(w)
                          : str_eq(row->reason, str_of(reason_of(stretch))));
        if (lasts) {
            assert_int_equal(row->unit_id, transferred(w) ? UNIT_SECOND : UNIT_FIRST);
            watch = 0;
        }
    }
    assert_int_equal(live, matched);
    check_identity(w);
    assert_int_equal(w->watch_at, watch ? HOUR(watch) : NO_TIME);
    for (size_t i = 0; i < w->row_count; i++) {
        const struct alert_row *row = &w->rows[i];
        unsigned said = w->announced[i];
        assert_true(row->silent ? said == 0 : (said & 1u) && (said >> row->state & 1u));
    }
}

static inline int setup(void **state)
{
    static struct world world;
    world.fold = fold_new();
    world.ladder = ladder_new();
    world.calendar = calendar_new(work_hours_default());
    decision_init(&world.decision);
    *state = &world;
    return world.fold && world.ladder && world.calendar ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct world *w = *state;
    decision_deinit(&w->decision);
    w->fold = fold_free(w->fold);
    w->ladder = ladder_free(w->ladder);
    w->calendar = calendar_free(w->calendar);
    return 0;
}

#endif
