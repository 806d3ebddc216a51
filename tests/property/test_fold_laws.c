/* pure */
#include "law_bench.h"

#include "domain/overdue.h"

/* What holds for every dossier. */

static int32_t group_of(int32_t status)
{
    return status == STATUS_RETURNED ? STATUS_DONE : status;
}

static void intervals_follow_one_another(void **state)
{
    struct bench *bench = *state;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        draw(bench, seed);
        const struct dossier *d = &bench->dossier;
        for (size_t i = 0; i < d->interval_count; i++) {
            const struct interval *v = &d->intervals[i];
            bool last = i + 1 == d->interval_count;
            hold(bench, (v->to_at == NO_TIME) == last, "only the last one lasts");
            hold(bench, v->phase == PHASE_RUNNING || v->due_at == NO_TIME, "who runs has a date");
            hold(bench,
                 v->phase != PHASE_RUNNING || (v->due_at != NO_TIME) == (d->due_at != NO_TIME),
                 "every running one is judged by a date, if there is any");
            hold(bench, v->phase == PHASE_PAUSED || !v->supplement, "supplements pause");
            if (last)
                continue;
            hold(bench, v->from_at <= v->to_at && v->to_at == v[1].from_at, "no gap, no overlap");
            hold(bench,
                 v->phase != v[1].phase ||
                     (v->phase == PHASE_ENDED && group_of(v->status) != group_of(v[1].status)),
                 "neighbours differ");
        }
        if (d->interval_count == 0)
            continue;
        const struct interval *last = &d->intervals[d->interval_count - 1];
        hold(bench, d->phase == last->phase && d->status == last->status, "as the last interval");
        hold(bench, (d->phase == PHASE_ENDED ? last->from_at : NO_TIME) == d->ended_at, "ended_at");
        hold(bench, d->status_at >= last->from_at, "the status is not older than its interval");
        hold(bench, d->returned_at == NO_TIME || d->returned_at >= d->ended_at, "handed over");
        hold(bench, d->ended_at == NO_TIME || d->accepted_at <= d->ended_at,
             "accepted, then ended");
    }
}

static void late_is_an_end_on_a_later_day(void **state)
{
    struct bench *bench = *state;
    size_t seen[4] = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        draw(bench, seed);
        const struct dossier *d = &bench->dossier;
        bool done =
            (d->status == STATUS_DONE || d->status == STATUS_RETURNED) && d->alias_of.len == 0;
        bool late = done && d->due_at != NO_TIME && day_of(d->ended_at) > day_of(d->due_at);
        enum verdict verdict = overdue_verdict(d);
        seen[verdict]++;
        hold(bench, (verdict == VERDICT_LATE) == late, "late = ended on a later day than due");
        hold(bench, !done || verdict != VERDICT_NONE, "what is done has a verdict");
        if (!done || d->interval_count < 2 ||
            d->intervals[d->interval_count - 2].phase != PHASE_RUNNING)
            continue;
        /* The alerter and the report must not disagree about what ran until its end. */
        struct episode episodes[EVENTS_MAX * 2];
        size_t count = overdue_episodes(d, OVERDUE_BY_DATE, d->ended_at, episodes, EVENTS_MAX * 2);
        bool episode = count > 0 && episodes[count - 1].ended_at == d->ended_at &&
                       episodes[count - 1].ended_status == d->status;
        hold(bench, episode == late, "the last run has an episode when the verdict is late");
    }
    assert_true(seen[VERDICT_EARLY] > 100 && seen[VERDICT_ON_TIME] > 100 &&
                seen[VERDICT_LATE] > 100);
}

static void episodes_lie_in_running_intervals(void **state)
{
    struct bench *bench = *state;
    size_t seen = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct random random = draw(bench, seed);
        const struct dossier *d = &bench->dossier;
        struct episode episodes[EVENTS_MAX * 2];
        enum overdue_rule rule = random_chance(&random, 2) ? OVERDUE_BY_DATE : OVERDUE_BY_TIMESTAMP;
        int64_t now_at = day_start(day_from_date(2026, 7, 14));
        size_t count = overdue_episodes(d, rule, now_at, episodes, EVENTS_MAX * 2);
        size_t i = 0;
        for (size_t k = 0; k < d->interval_count; k++) {
            const struct interval *v = &d->intervals[k];
            int64_t deadline_at = overdue_deadline(rule, v->due_at);
            int64_t to_at = v->to_at != NO_TIME ? v->to_at : now_at;
            if (v->phase != PHASE_RUNNING || v->due_at == NO_TIME || to_at < deadline_at ||
                str_given(d->alias_of))
                continue;
            hold(bench, i < count, "an interval that reached its deadline has an episode");
            const struct episode *e = &episodes[i++];
            hold(bench, e->number == (int32_t)i, "numbered 1, 2, …");
            hold(bench, e->due_at == v->due_at && e->ended_at == v->to_at, "its date, its end");
            hold(bench, e->began_at >= deadline_at && e->began_at >= v->from_at, "it began late");
            hold(bench, e->ended_at == NO_TIME || e->ended_at >= e->began_at, "and ended later");
        }
        hold(bench, i == count, "and no other has");
        seen += count;
    }
    assert_true(seen > 1000);
}

/* What is stated later moves due and promised dates, never the original one. */
static void the_original_date_is_immutable(void **state)
{
    struct bench *bench = *state;
    size_t seen = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct random random = draw(bench, seed);
        int64_t original_at = bench->dossier.original_due_at;
        if (original_at == NO_TIME)
            continue;
        struct event *event = &bench->events[bench->count];
        *event = random_event(&random, EVENTS_MAX + 1);
        event->ingested_at += 100 * MS_PER_DAY;
        event->occurred_at += 100 * MS_PER_DAY;
        bool local = false;
        for (size_t i = 0; i < bench->count; i++)
            local = local ||
                    (bench->events[i].trust == TRUST_LOCAL && bench->events[i].due_at != NO_TIME);
        if (!local && event->trust == TRUST_LOCAL) /* a local date would begin anew (rule 6) */
            event->trust = TRUST_PORTAL;
        bench->count++;
        refold(bench);
        hold(bench, bench->dossier.erased || bench->dossier.original_due_at == original_at,
             "the original date stays");
        seen++;
    }
    assert_true(seen > 1000);
}

static int receipt_order(const struct event *a, const struct event *b)
{
    if (a->ingested_at != b->ingested_at)
        return a->ingested_at < b->ingested_at ? -1 : 1;
    int order = status_rank(a->status) - status_rank(b->status);
    return order ? order : memcmp(a->event_id, b->event_id, EVENT_ID_SIZE);
}

/* So an A-B-A correction ends at A. */
static void records_alone_end_as_the_last_one_says(void **state)
{
    struct bench *bench = *state;
    size_t seen = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        struct random random = {seed};
        const struct event *last = NULL;
        bench->seed = seed;
        bench->rules = fold_rules_default();
        bench->count = 1 + random_below(&random, EVENTS_MAX);
        for (size_t i = 0; i < bench->count; i++) {
            struct event *event = &bench->events[i];
            *event = random_event(&random, (uint8_t)(i + 1));
            event->kind = EVENT_RECORD;
            event->trust = TRUST_LOCAL;
            random_record(&random, event);
            event->status = event->status == STATUS_NONE ? STATUS_PROCESSING : event->status;
            if (!last || receipt_order(event, last) > 0)
                last = event;
        }
        if (last->status == STATUS_REGISTERED) /* nothing goes back to that */
            continue;
        refold(bench);
        hold(bench, group_of(bench->dossier.status) == group_of(last->status),
             "the status is that of the last record");
        seen++;
    }
    assert_true(seen > RUNS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAW(intervals_follow_one_another),           LAW(late_is_an_end_on_a_later_day),
        LAW(episodes_lie_in_running_intervals),      LAW(the_original_date_is_immutable),
        LAW(records_alone_end_as_the_last_one_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
