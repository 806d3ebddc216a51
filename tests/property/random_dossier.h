/*
 * Random small dossiers: all kinds, both trusts, times on a coarse grid (so that ties are normal),
 * copies of the same event received at other times. Seeded: a failure names its seed.
 */
#ifndef HOSO_TESTS_RANDOM_DOSSIER_H
#define HOSO_TESTS_RANDOM_DOSSIER_H

#include "domain/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct random {
    uint64_t state;
};

static inline uint32_t random_next(struct random *random)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random->state >> 33);
}

/* 0..bound-1 */
static inline size_t random_below(struct random *random, size_t bound)
{
    return random_next(random) % bound;
}

static inline bool random_chance(struct random *random, size_t one_in)
{
    return random_below(random, one_in) == 0;
}

/* One of 24 instants, half a day apart. */
static inline int64_t random_time(struct random *random)
{
    return day_start(day_from_date(2026, 7, 1)) +
           (int64_t)random_below(random, 24) * (MS_PER_DAY / 2);
}

static inline int64_t random_time_or_none(struct random *random)
{
    return random_chance(random, 2) ? random_time(random) : NO_TIME;
}

static inline struct str random_code(struct random *random)
{
    static const char *const codes[] = {"", "A", "B", "C"};
    return str_of(codes[random_below(random, 4)]);
}

static inline enum tri random_tri(struct random *random)
{
    return (enum tri)((int)random_below(random, 3) - 1);
}

static inline void random_record(struct random *random, struct event *event)
{
    event->status = (int32_t)random_below(random, STATUS_COUNT);
    event->submitted_at = random_time_or_none(random);
    event->accepted_at = random_time_or_none(random);
    event->due_at = random_time_or_none(random);
    event->ended_at = random_time_or_none(random);
    event->returned_at = random_chance(random, 3) ? random_time(random) : NO_TIME;
    event->refused_at = random_chance(random, 4) ? random_time(random) : NO_TIME;
    event->procedure_code = random_code(random);
    event->field_code = random_code(random);
    event->late_reason = random_code(random);
    event->alternative_code = random_code(random);
    event->deciding_agency = random_code(random);
    event->deciding_unit = random_code(random);
    event->receiving_agency = random_code(random);
    event->channel = (enum channel)random_below(random, CHANNEL_COUNT);
    event->subject = (enum subject)random_below(random, SUBJECT_COUNT);
    event->online_level = (enum online_level)random_below(random, LEVEL_COUNT);
    event->non_territorial = random_tri(random);
    event->fee_due = random_tri(random);
    event->paid = random_tri(random);
    event->paid_online = random_tri(random);
    event->digitised = random_tri(random);
    event->apology_sent = random_tri(random);
}

static inline enum event_kind random_kind(struct random *random)
{
    /* Mostly what moves the state; rarely what ends all questions. */
    static const enum event_kind often[] = {EVENT_RECORD,     EVENT_RECORD,   EVENT_RECORD,
                                            EVENT_PROGRESS,   EVENT_PROGRESS, EVENT_STATUS,
                                            EVENT_DUE_CHANGED};
    if (!random_chance(random, 4))
        return often[random_below(random, sizeof often / sizeof *often)];
    enum event_kind kind = (enum event_kind)random_below(random, EVENT_KIND_COUNT);
    bool keep = (kind != EVENT_ERASED && kind != EVENT_ALIAS) || random_chance(random, 6);
    return keep ? kind : EVENT_TRANSFERRED;
}

/* `id` tells the events of one dossier apart; its order is not that of time. */
static inline struct event random_event(struct random *random, uint8_t id)
{
    struct event event = event_empty();
    event.kind = random_kind(random);
    event.event_id[0] = (uint8_t)(id * 167);
    event.event_id[1] = id;
    event.source = STR("one-stop");
    event.dossier_code = STR("H24.1-260701-0001");
    event.trust = random_chance(random, 3) ? TRUST_PORTAL : TRUST_LOCAL;
    event.ingested_at = random_time(random);
    event.occurred_at = random_time(random);
    event.status = (int32_t)random_below(random, STATUS_COUNT - 1) + 1;
    switch (event.kind) {
    case EVENT_RECORD: random_record(random, &event); break;
    case EVENT_PROGRESS:
        event.step_due_at = random_time_or_none(random);
        if (random_chance(random, 2))
            event.officer = STR("0123456789abcdef");
        break;
    case EVENT_STATUS:
        event.occurred_at = event.ingested_at;
        event.time_basis = BASIS_INGEST;
        break;
    case EVENT_DUE_CHANGED:
        event.due_at = random_time(random);
        event.due_before_at = random_time_or_none(random);
        event.due_reason = (enum due_reason)random_below(random, DUE_REASON_COUNT);
        event.status = STATUS_NONE;
        break;
    default:
        event.status = STATUS_NONE;
        event.transfer_from = random_code(random);
        event.transfer_to = random_chance(random, 2) ? STR("A") : STR("B");
        event.alias_of = random_chance(random, 2) ? STR("X") : STR("Y");
        event.rating = (int32_t)random_below(random, 5) + 1;
        event.paid_online = random_tri(random);
    }
    return event;
}

/* The same event received again, at another time. */
static inline struct event random_copy(struct random *random, const struct event *event)
{
    struct event copy = *event;
    copy.ingested_at = random_time(random);
    if (copy.kind == EVENT_STATUS)
        copy.occurred_at = copy.ingested_at;
    return copy;
}

/* A dossier of `count` receipts, one in four a copy of an earlier one. */
static inline void random_dossier(struct random *random, struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && random_chance(random, 4))
            events[i] = random_copy(random, &events[random_below(random, i)]);
        else
            events[i] = random_event(random, (uint8_t)(i + 1));
        struct error err;
        if (event_validate(&events[i], &err) != 0)
            fail_msg("%s", err.text);
    }
}

static inline struct fold_rules random_rules(struct random *random)
{
    struct fold_rules rules = fold_rules_default();
    rules.paused[STATUS_STOPPED] = !random_chance(random, 3);
    rules.due_change_is_correction = random_chance(random, 4);
    return rules;
}

static inline void random_shuffle(struct random *random, const struct event **views, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = random_below(random, i);
        const struct event *moved = views[i - 1];
        views[i - 1] = views[k];
        views[k] = moved;
    }
}

#endif
