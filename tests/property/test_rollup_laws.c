/* pure */
#include "law_bench.h"

/* What holds for every set of dossiers. */

/* Rollups, kept as the aggregator keeps them: cells that are added to and subtracted from. */
struct cell {
    int32_t key[4]; /* unit, day, channel, phase; -1 where it does not apply */
    struct str procedure;
    int64_t values[MEASURE_COUNT];
};

struct rollup {
    struct cell cells[8192];
    size_t count;
};

static struct cell *cell_of(struct rollup *rollup, const int32_t key[4], struct str procedure)
{
    for (size_t i = 0; i < rollup->count; i++) {
        struct cell *cell = &rollup->cells[i];
        if (memcmp(cell->key, key, sizeof cell->key) == 0 && str_eq(cell->procedure, procedure))
            return cell;
    }
    assert_true(rollup->count < sizeof rollup->cells / sizeof *rollup->cells);
    struct cell *cell = &rollup->cells[rollup->count++];
    *cell = (struct cell){.procedure = procedure};
    memcpy(cell->key, key, sizeof cell->key);
    return cell;
}

static void add(struct rollup *rollup, const struct contribution *c, int64_t sign)
{
    for (size_t i = 0; i < c->daily_count; i++) {
        const struct daily_cell *daily = &c->daily[i];
        const int32_t key[4] = {daily->unit_id, daily->day, (int32_t)daily->channel, -1};
        struct cell *cell = cell_of(rollup, key, daily->procedure);
        for (int m = 0; m < MEASURE_COUNT; m++)
            cell->values[m] += sign * daily->measures[m];
    }
    if (!c->has_open)
        return;
    const int32_t key[4] = {c->open.unit_id, c->open.due_day, (int32_t)c->open.channel,
                            (int32_t)c->open.phase};
    cell_of(rollup, key, c->open.procedure)->values[0] += sign * c->open.count;
}

static bool equal(struct rollup *a, struct rollup *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct cell *cell = &a->cells[i];
        const struct cell *other = cell_of(b, cell->key, cell->procedure);
        if (memcmp(cell->values, other->values, sizeof cell->values) != 0)
            return false;
    }
    return true;
}

#define POPULATION 120
#define ARRIVALS_MAX (POPULATION * EVENTS_MAX)

struct population {
    struct event events[POPULATION][EVENTS_MAX];
    size_t counts[POPULATION];
    size_t arrivals[ARRIVALS_MAX]; /* which dossier's next event */
    size_t arrival_count;
    struct contribution contributions[POPULATION];
    struct rollup kept;  /* by differences */
    struct rollup fresh; /* from the final contributions */
};

static void populate(struct population *p, struct random *random)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < POPULATION; i++) {
        contribution_init(&p->contributions[i]);
        p->counts[i] = 1 + random_below(random, EVENTS_MAX);
        random_dossier(random, p->events[i], p->counts[i]);
        for (size_t k = 0; k < p->counts[i]; k++)
            p->arrivals[p->arrival_count++] = i;
    }
    for (size_t i = p->arrival_count; i > 1; i--) {
        size_t k = random_below(random, i);
        size_t moved = p->arrivals[i - 1];
        p->arrivals[i - 1] = p->arrivals[k];
        p->arrivals[k] = moved;
    }
}

/* The agencies' unit: B is unknown. */
static int32_t unit_of(const struct dossier *dossier)
{
    if (str_eq(dossier->deciding_agency, STR("A")))
        return 1;
    return str_eq(dossier->deciding_agency, STR("B")) ? 0 : 2;
}

static void arrive(struct bench *bench, struct population *p)
{
    size_t known[POPULATION] = {0};
    for (size_t i = 0; i < p->arrival_count; i++) {
        size_t n = p->arrivals[i];
        struct contribution *c = &p->contributions[n];
        const struct event *views[EVENTS_MAX];
        known[n]++;
        for (size_t k = 0; k < known[n]; k++)
            views[k] = &p->events[n][k];
        add(&p->kept, c, -1);
        assert_int_equal(fold_run(bench->fold, &bench->rules, views, known[n], &bench->dossier), 0);
        assert_int_equal(
            contribution_of(&bench->dossier, unit_of(&bench->dossier), bench->calendar, c), 0);
        add(&p->kept, c, 1);
    }
    for (size_t i = 0; i < POPULATION; i++)
        add(&p->fresh, &p->contributions[i], 1);
}

static void depart(struct population *p)
{
    for (size_t i = 0; i < POPULATION; i++)
        contribution_deinit(&p->contributions[i]);
}

static void rollups_are_the_sum_of_their_dossiers(void **state)
{
    static struct population p;
    struct bench *bench = *state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        bench->seed = seed;
        bench->rules = random_rules(&random);
        populate(&p, &random);
        arrive(bench, &p);
        hold(bench, equal(&p.kept, &p.fresh) && equal(&p.fresh, &p.kept), "kept = fresh");
        depart(&p);
    }
}

static int64_t settled_of(const int64_t *m)
{
    return m[MEASURE_early] + m[MEASURE_on_time] + m[MEASURE_late] + m[MEASURE_withdrawn];
}

/* Form II.06a: received = settled + open, for any set and, cumulated, never more settled than received. */
static void the_columns_of_the_form_add_up(void **state)
{
    static struct population p;
    struct bench *bench = *state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        bench->seed = seed;
        bench->rules = random_rules(&random);
        populate(&p, &random);
        arrive(bench, &p);
        int64_t received = 0;
        int64_t settled = 0;
        int64_t open = 0;
        for (size_t i = 0; i < p.fresh.count; i++) {
            const struct cell *cell = &p.fresh.cells[i];
            if (cell->key[3] == -1) {
                received += cell->values[MEASURE_accepted];
                settled += settled_of(cell->values);
                hold(bench,
                     cell->values[MEASURE_late_apology] <= cell->values[MEASURE_late] &&
                         cell->values[MEASURE_satisfied] <= cell->values[MEASURE_rated],
                     "a part is not more than its whole");
            } else if (cell->key[3] != PHASE_WAITING) {
                open += cell->values[0];
            }
        }
        hold(bench, received == settled + open, "received = settled + open");
        assert_true(settled > 10 && open > 10);
        for (int32_t day = day_from_date(2026, 6, 30); day < day_from_date(2026, 7, 20); day++) {
            int64_t balance = 0;
            for (size_t i = 0; i < p.fresh.count; i++) {
                const struct cell *cell = &p.fresh.cells[i];
                if (cell->key[3] == -1 && cell->key[1] <= day)
                    balance += cell->values[MEASURE_accepted] - settled_of(cell->values);
            }
            hold(bench, balance >= 0, "nothing is settled before it was received");
        }
        depart(&p);
    }
}

static void every_done_dossier_has_one_class_of_work(void **state)
{
    struct bench *bench = *state;
    struct contribution c;
    contribution_init(&c);
    for (uint64_t seed = 1; seed <= RUNS / 4; seed++) {
        draw(bench, seed);
        assert_int_equal(contribution_of(&bench->dossier, 1, bench->calendar, &c), 0);
        for (size_t i = 0; i < c.daily_count; i++) {
            const int64_t *m = c.daily[i].measures;
            int64_t classes = 0;
            int64_t any = 0;
            for (int k = MEASURE_work_4h; k <= MEASURE_work_more; k++)
                classes += m[k];
            for (int k = 0; k < MEASURE_COUNT; k++)
                any |= m[k];
            hold(bench, classes == m[MEASURE_early] + m[MEASURE_on_time] + m[MEASURE_late],
                 "one class each");
            hold(bench, m[MEASURE_work_minutes] >= 0, "no negative work");
            hold(bench, any != 0, "no empty day");
            hold(bench, i == 0 || c.daily[i - 1].day < c.daily[i].day, "days in order");
        }
    }
    contribution_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAW(rollups_are_the_sum_of_their_dossiers),
        LAW(the_columns_of_the_form_add_up),
        LAW(every_done_dossier_has_one_class_of_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
