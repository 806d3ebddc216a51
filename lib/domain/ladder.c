#include "domain/ladder.h"

#include <stdlib.h>

#include "domain/ladder_internal.h"

static const char *const names[RULE_COUNT] = {
    [RULE_OVERDUE] = "overdue",
    [RULE_DUE_SOON_1] = "due_soon_1",
    [RULE_DUE_SOON_2] = "due_soon_2",
    [RULE_DUE_SOON_3] = "due_soon_3",
    [RULE_ACCEPTANCE] = "acceptance",
    [RULE_STEP_OVERDUE] = "step_overdue",
    [RULE_SUPPLEMENT_LATE] = "supplement_late",
    [RULE_APOLOGY_MISSING] = "apology_missing",
    [RULE_REAPPOINTED_TWICE] = "reappointed_twice",
};

const char *alert_rule_name(enum alert_rule rule)
{
    return (size_t)rule < RULE_COUNT ? names[rule] : NULL;
}

enum alert_rule alert_rule_of(struct str name)
{
    int rule = 0;
    while (rule < RULE_COUNT && !str_eq(name, str_of(names[rule])))
        rule++;
    return (enum alert_rule)rule;
}

bool alert_rule_recorded(enum alert_rule rule)
{
    return rule == RULE_OVERDUE || rule == RULE_ACCEPTANCE || rule == RULE_SUPPLEMENT_LATE ||
           rule == RULE_REAPPOINTED_TWICE;
}

struct ladder_rules ladder_rules_default(void)
{
    struct ladder_rules rules = {
        .due_soon = {{.amount = 3}, {.amount = 1}, {.amount = 4, .hours = true}},
        .acceptance_hours = 8,
        .supplement_days = 3,
        .apology_days = 1,
    };
    for (int i = 0; i < RULE_COUNT; i++)
        rules.on[i] = true;
    return rules;
}

struct ladder *ladder_new(void)
{
    return calloc(1, sizeof(struct ladder));
}

struct ladder *ladder_free(struct ladder *ladder)
{
    if (!ladder)
        return NULL;
    free(ladder->due_at);
    free((void *)ladder->rows);
    free(ladder->steps);
    free(ladder);
    return NULL;
}

static bool reserve(void **array, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return true;
    void *grown = realloc(*array, 2 * wanted * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = 2 * wanted;
    return true;
}

/* Rule R for interval i, which runs; `before` is the running interval before it. */
static int64_t resumed_due(const struct ladder *ladder, size_t before, size_t i)
{
    const struct interval *intervals = ladder->dossier->intervals;
    const struct calendar *calendar = ladder->calendar;
    bool supplement = false;
    int64_t waited = 0;
    for (size_t j = before + 1; j < i; j++) {
        if (intervals[j].phase != PHASE_PAUSED)
            return intervals[i].due_at;
        supplement = supplement || intervals[j].supplement;
        waited += calendar_work_minutes(calendar, intervals[j].from_at, intervals[j].to_at);
    }
    if (intervals[i].due_at == NO_TIME || intervals[i].due_at != intervals[before].due_at)
        return intervals[i].due_at;
    if (ladder->rules->resume == RESUME_RESTART && supplement) {
        int64_t term = calendar_work_minutes(calendar, intervals[ladder->fresh].from_at,
                                             ladder->due_at[ladder->fresh]);
        return calendar_after(calendar, intervals[i].from_at, term);
    }
    return waited ? calendar_after(calendar, ladder->due_at[before], waited)
                  : ladder->due_at[before];
}

static int take_dates(struct ladder *ladder)
{
    const struct dossier *dossier = ladder->dossier;
    size_t count = dossier->interval_count, before = count;
    if (!reserve((void **)&ladder->due_at, &ladder->due_capacity, count, sizeof *ladder->due_at))
        return ERR_NOMEM;
    ladder->fresh = count;
    for (size_t i = 0; i < count; i++) {
        ladder->due_at[i] = NO_TIME;
        if (dossier->intervals[i].phase != PHASE_RUNNING)
            continue;
        if (before == count)
            ladder->fresh = i;
        bool as_issued = before == count || ladder->rules->resume == RESUME_ISSUED;
        ladder->due_at[i] =
            as_issued ? dossier->intervals[i].due_at : resumed_due(ladder, before, i);
        before = i;
    }
    return 0;
}

static int by_receipt(const void *a, const void *b)
{
    const struct event *x = *(const struct event *const *)a, *y = *(const struct event *const *)b;
    int order = memcmp(x->event_id, y->event_id, EVENT_ID_SIZE);
    return order ? order : (x->ingested_at > y->ingested_at) - (x->ingested_at < y->ingested_at);
}

static int by_event_order(const void *a, const void *b)
{
    return event_compare(*(const struct event *const *)a, *(const struct event *const *)b);
}

/* The progress rows of the deciding stream, each event once as received first, in event order. */
static size_t gather_rows(struct ladder *ladder, const struct event *const *events, size_t count)
{
    size_t rows = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i]->kind == EVENT_PROGRESS && events[i]->trust == ladder->dossier->decides)
            ladder->rows[rows++] = events[i];
    }
    if (!rows)
        return 0;
    qsort((void *)ladder->rows, rows, sizeof *ladder->rows, by_receipt);
    for (size_t i = 0; i < rows; i++) {
        if (i == 0 ||
            memcmp(ladder->rows[i]->event_id, ladder->rows[kept - 1]->event_id, EVENT_ID_SIZE) != 0)
            ladder->rows[kept++] = ladder->rows[i];
    }
    qsort((void *)ladder->rows, kept, sizeof *ladder->rows, by_event_order);
    return kept;
}

static int take_steps(struct ladder *ladder, const struct event *const *events, size_t count)
{
    if (!reserve((void **)&ladder->rows, &ladder->row_capacity, count, sizeof *ladder->rows) ||
        !reserve((void **)&ladder->steps, &ladder->step_capacity, count, sizeof *ladder->steps))
        return ERR_NOMEM;
    size_t rows = gather_rows(ladder, events, count);
    ladder->step_count = 0;
    for (size_t i = 0; i < rows; i++) {
        const struct event *row = ladder->rows[i];
        if (row->step_due_at == NO_TIME)
            continue;
        int64_t to_at = i + 1 < rows ? ladder->rows[i + 1]->occurred_at : NO_TIME;
        if (to_at != row->occurred_at)
            ladder->steps[ladder->step_count++] =
                (struct step){row->occurred_at, to_at, row->step_due_at};
    }
    return 0;
}

static int64_t find_apology(const struct dossier *dossier, const struct event *const *events,
                            size_t count)
{
    int64_t found = NO_TIME;
    for (size_t i = 0; i < count && dossier->apology_sent == TRI_YES; i++) {
        const struct event *event = events[i];
        bool letter = event->kind == EVENT_APOLOGY_SENT;
        if (!letter && (event->kind != EVENT_RECORD || event->apology_sent != TRI_YES))
            continue;
        int64_t at = letter ? event->occurred_at : event->ingested_at;
        if (found == NO_TIME || at < found)
            found = at;
    }
    return found;
}

int ladder_take(struct ladder *ladder, const struct dossier *dossier,
                const struct event *const *events, size_t count, const struct calendar *calendar,
                const struct ladder_rules *rules)
{
    ladder->dossier = dossier;
    ladder->calendar = calendar;
    ladder->rules = rules;
    ladder->apology_at = find_apology(dossier, events, count);
    int r = take_dates(ladder);
    return r == 0 ? take_steps(ladder, events, count) : r;
}

size_t ladder_episodes(const struct ladder *ladder, enum alert_rule rule, int64_t now_at,
                       struct episode *out, size_t max, int64_t *ret_next_at)
{
    struct sink sink = {.now_at = now_at, .out = out, .max = max, .next_at = NO_TIME};
    const struct dossier *dossier = ladder->dossier;
    if (ladder->rules->on[rule] && !dossier->erased && !str_given(dossier->alias_of))
        ladder_collect(ladder, rule, &sink);
    *ret_next_at = sink.next_at;
    return sink.count;
}
