/* pure */
#include "random_dossier.h"

#include "domain/contribution.h"
#include "domain/overdue.h"

/*
 * The promise: the state, the contribution and the episodes depend on the set of events only. Each
 * is written out field by field (padding is nobody's promise) and compared byte by byte.
 */

#define RESULT_SIZE 16384

struct result {
    uint8_t bytes[RESULT_SIZE];
    size_t size;
};

static void put(struct result *result, const void *bytes, size_t size)
{
    assert_true(result->size + size <= RESULT_SIZE);
    memcpy(result->bytes + result->size, bytes, size);
    result->size += size;
}

static void put_text(struct result *result, struct str text)
{
    put(result, &text.len, sizeof text.len);
    if (text.len)
        put(result, text.data, text.len);
}

static void put_numbers(struct result *result, const int64_t *numbers, size_t count)
{
    put(result, numbers, count * sizeof *numbers);
}

#define PUT_NUMBERS(result, ...)                                                                   \
    put_numbers(result, (const int64_t[]){__VA_ARGS__},                                            \
                sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void put_dossier(struct result *result, const struct dossier *d)
{
    const struct str texts[] = {
        d->code,        d->alternative_code, d->alias_of,         d->procedure_code,
        d->field_code,  d->deciding_agency,  d->receiving_agency, d->deciding_unit,
        d->late_reason, d->officer,
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_text(result, texts[i]);
    PUT_NUMBERS(result, d->erased, d->channel, d->subject, d->online_level, d->non_territorial,
                d->status, d->phase, d->status_at, d->status_basis, d->portal_status,
                d->portal_disagrees, d->submitted_at, d->accepted_at, d->ended_at,
                d->ended_known_at, d->returned_at, d->original_due_at, d->due_at, d->promised_at,
                d->reappointments, d->supplement_rounds, d->step_due_at, d->fee_due, d->paid,
                d->paid_online, d->digitised, d->apology_sent, d->rating, d->rated_at,
                d->first_ingested_at, d->last_ingested_at, (int64_t)d->interval_count);
    for (size_t i = 0; i < d->interval_count; i++) {
        const struct interval *v = &d->intervals[i];
        PUT_NUMBERS(result, v->phase, v->status, v->from_at, v->to_at, v->due_at, v->known_at,
                    v->basis, v->supplement);
    }
}

static void put_contribution(struct result *result, const struct contribution *c)
{
    PUT_NUMBERS(result, (int64_t)c->daily_count, c->has_open);
    for (size_t i = 0; i < c->daily_count; i++) {
        const struct daily_cell *cell = &c->daily[i];
        PUT_NUMBERS(result, cell->unit_id, cell->day, cell->channel);
        put_text(result, cell->procedure);
        put_numbers(result, cell->measures, MEASURE_COUNT);
    }
    if (!c->has_open)
        return;
    PUT_NUMBERS(result, c->open.unit_id, c->open.due_day, c->open.channel, c->open.phase,
                c->open.count);
    put_text(result, c->open.procedure);
}

static void put_episodes(struct result *result, const struct dossier *d, enum overdue_rule rule)
{
    struct episode episodes[32];
    int64_t now_at = day_start(day_from_date(2026, 7, 9));
    size_t count = overdue_episodes(d, rule, now_at, episodes, 32);
    PUT_NUMBERS(result, (int64_t)count, overdue_verdict(d), overdue_watch(d, rule));
    for (size_t i = 0; i < count; i++) {
        const struct episode *e = &episodes[i];
        PUT_NUMBERS(result, e->number, e->due_at, e->deadline_at, e->began_at, e->ended_at,
                    e->ended_status, e->ended_basis, e->ended_known_at);
    }
}

struct bench {
    struct fold *fold;
    struct calendar *calendar;
    struct contribution contribution;
    struct fold_rules rules;
};

static void run(struct bench *bench, const struct event *const *views, size_t count,
                struct result *ret)
{
    struct dossier dossier;
    ret->size = 0;
    assert_int_equal(fold_run(bench->fold, &bench->rules, views, count, &dossier), 0);
    assert_int_equal(contribution_of(&dossier, 7, bench->calendar, &bench->contribution), 0);
    put_dossier(ret, &dossier);
    put_contribution(ret, &bench->contribution);
    put_episodes(ret, &dossier, OVERDUE_BY_DATE);
    put_episodes(ret, &dossier, OVERDUE_BY_TIMESTAMP);
}

static bool same(const struct result *a, const struct result *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static int set_up(void **state)
{
    static struct bench bench;
    bench = (struct bench){.fold = fold_new(), .calendar = calendar_new(work_hours_default())};
    contribution_init(&bench.contribution);
    *state = &bench;
    return bench.fold && bench.calendar ? 0 : -1;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    fold_free(bench->fold);
    calendar_free(bench->calendar);
    contribution_deinit(&bench->contribution);
    return 0;
}

/* Visits every order of views[0..count) by exchanging two at a time (Heap). */
static size_t check_orders(struct bench *bench, const struct event **views, size_t count,
                           const struct result *expected, uint64_t seed)
{
    static struct result result;
    size_t turns[8] = {0};
    size_t orders = 0;
    for (size_t i = 0; i < count;) {
        if (orders == 0 || turns[i] < i) {
            if (orders > 0) {
                size_t k = i % 2 ? turns[i] : 0;
                const struct event *moved = views[i];
                views[i] = views[k];
                views[k] = moved;
                turns[i]++;
                i = 0;
            }
            run(bench, views, count, &result);
            if (!same(&result, expected))
                fail_msg("seed %llu: order %zu of %zu events differs", (unsigned long long)seed,
                         orders, count);
            orders++;
        } else {
            turns[i++] = 0;
        }
    }
    return orders;
}

static void every_order_of_up_to_six_events(void **state)
{
    struct bench *bench = *state;
    static const size_t factorial[] = {1, 1, 2, 6, 24, 120, 720};
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct random random = {seed};
        struct event events[6];
        const struct event *views[6];
        struct result expected;
        size_t count = 1 + seed % 6;
        random_dossier(&random, events, count);
        bench->rules = random_rules(&random);
        for (size_t i = 0; i < count; i++)
            views[i] = &events[i];
        run(bench, views, count, &expected);
        assert_int_equal(check_orders(bench, views, count, &expected, seed), factorial[count]);
    }
}

static void random_orders_and_duplicates_of_many_events(void **state)
{
    struct bench *bench = *state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct random random = {seed};
        struct event events[24];
        const struct event *views[60];
        struct result expected;
        struct result result;
        size_t count = 7 + random_below(&random, 18);
        random_dossier(&random, events, count);
        bench->rules = random_rules(&random);
        for (size_t i = 0; i < count; i++)
            views[i] = &events[i];
        run(bench, views, count, &expected);
        for (int round = 0; round < 20; round++) {
            size_t total = count;
            for (size_t i = random_below(&random, 36); i > 0; i--)
                views[total++] = &events[random_below(&random, count)];
            random_shuffle(&random, views, total);
            run(bench, views, total, &result);
            if (!same(&result, &expected))
                fail_msg("seed %llu, round %d differs", (unsigned long long)seed, round);
            /* The next round starts from each event once. */
            for (size_t i = 0; i < count; i++)
                views[i] = &events[i];
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_order_of_up_to_six_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_orders_and_duplicates_of_many_events, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
