#include "domain/contribution.h"

#include <stdlib.h>

#include "domain/overdue.h"

const char *measure_name(enum measure measure)
{
    static const char *const names[] = {
#define X(name, text) #name,
        MEASURES(X)
#undef X
    };
    return names[measure];
}

void contribution_init(struct contribution *c)
{
    *c = (struct contribution){0};
}

void contribution_deinit(struct contribution *c)
{
    free(c->daily);
    contribution_init(c);
}

/* Submitted, accepted, ended and rated, and the pauses: no more days than that. */
static int reserve(struct contribution *c, size_t count)
{
    if (count <= c->daily_capacity)
        return 0;
    struct daily_cell *grown = realloc(c->daily, count * sizeof *grown);
    if (!grown)
        return ERR_NOMEM;
    c->daily = grown;
    c->daily_capacity = count;
    return 0;
}

/* The measures of the day of `at`; the cell is made where the order of days wants it. */
static int64_t *measures_at(struct contribution *c, int64_t at)
{
    int32_t day = day_of(at);
    size_t i = c->daily_count;
    while (i > 0 && c->daily[i - 1].day >= day)
        i--;
    if (i < c->daily_count && c->daily[i].day == day)
        return c->daily[i].measures;
    memmove(&c->daily[i + 1], &c->daily[i], (c->daily_count - i) * sizeof *c->daily);
    c->daily_count++;
    /* The open cell holds what all cells of the dossier share. */
    c->daily[i] = (struct daily_cell){
        .unit_id = c->open.unit_id,
        .day = day,
        .procedure = c->open.procedure,
        .channel = c->open.channel,
    };
    return c->daily[i].measures;
}

static bool in_table(const struct dossier *dossier)
{
    return dossier->accepted_at != NO_TIME && dossier->phase != PHASE_WAITING &&
           !(dossier->phase == PHASE_ENDED && dossier->status == STATUS_REFUSED);
}

static void add_accepted(const struct dossier *dossier, int64_t *m)
{
    m[MEASURE_accepted] = 1;
    m[MEASURE_level_full] = dossier->online_level == LEVEL_FULL;
    m[MEASURE_level_partial] = dossier->online_level == LEVEL_PARTIAL;
    m[MEASURE_level_information] = dossier->online_level == LEVEL_INFORMATION;
    m[MEASURE_non_territorial] = dossier->non_territorial == TRI_YES;
    m[MEASURE_digitised] = dossier->digitised == TRI_YES;
    m[MEASURE_paid] = dossier->paid == TRI_YES;
    m[MEASURE_paid_online] = dossier->paid_online == TRI_YES;
}

static int64_t work_minutes(const struct dossier *dossier, const struct calendar *calendar)
{
    int64_t minutes = 0;
    for (size_t i = 0; i < dossier->interval_count; i++) {
        const struct interval *interval = &dossier->intervals[i];
        if (interval->phase != PHASE_RUNNING)
            continue;
        int64_t from_at = interval->from_at;
        if (from_at < dossier->accepted_at)
            from_at = dossier->accepted_at;
        minutes += calendar_work_minutes(calendar, from_at, interval->to_at);
    }
    return minutes;
}

static enum measure work_class(int64_t minutes)
{
    static const int64_t bounds[] = {240, 480, 1440, 2400, 4800, 9600};
    enum measure measure = MEASURE_work_4h;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds && minutes > bounds[i]; i++)
        measure++;
    return measure;
}

static void add_settled(const struct dossier *dossier, const struct calendar *calendar, int64_t *m)
{
    if (dossier->status == STATUS_WITHDRAWN || dossier->status == STATUS_STOPPED) {
        m[MEASURE_withdrawn] = 1;
        return;
    }
    enum verdict verdict = overdue_verdict(dossier);
    m[MEASURE_early] = verdict == VERDICT_EARLY;
    m[MEASURE_on_time] = verdict == VERDICT_ON_TIME;
    m[MEASURE_late] = verdict == VERDICT_LATE;
    m[MEASURE_late_apology] = verdict == VERDICT_LATE && dossier->apology_sent == TRI_YES;
    int64_t minutes = work_minutes(dossier, calendar);
    m[MEASURE_work_minutes] = minutes;
    m[work_class(minutes)] = 1;
}

static void add_ended(const struct dossier *dossier, const struct calendar *calendar,
                      struct contribution *ret)
{
    bool refused = dossier->status == STATUS_REFUSED;
    if (!refused && !in_table(dossier))
        return;
    const struct interval *last = &dossier->intervals[dossier->interval_count - 1];
    int64_t *m = measures_at(ret, dossier->ended_at);
    m[MEASURE_late_data] = last->basis == BASIS_INGEST;
    if (refused)
        m[MEASURE_refused] = 1;
    else
        add_settled(dossier, calendar, m);
}

static void add_daily(const struct dossier *dossier, const struct calendar *calendar,
                      struct contribution *ret)
{
    if (dossier->submitted_at != NO_TIME)
        measures_at(ret, dossier->submitted_at)[MEASURE_submitted] = 1;
    if (in_table(dossier))
        add_accepted(dossier, measures_at(ret, dossier->accepted_at));
    if (dossier->phase == PHASE_ENDED)
        add_ended(dossier, calendar, ret);
    for (size_t i = 0; i < dossier->interval_count; i++)
        if (dossier->intervals[i].supplement)
            measures_at(ret, dossier->intervals[i].from_at)[MEASURE_supplements]++;
    if (dossier->rating != 0) {
        int64_t *m = measures_at(ret, dossier->rated_at);
        m[MEASURE_rated] = 1;
        m[MEASURE_satisfied] = dossier->rating >= 4;
    }
}

int contribution_of(const struct dossier *dossier, int32_t unit_id, const struct calendar *calendar,
                    struct contribution *ret)
{
    ret->daily_count = 0;
    ret->has_open = false;
    if (unit_id == 0 || dossier->erased || str_given(dossier->alias_of))
        return 0;
    int result = reserve(ret, 4 + (size_t)dossier->supplement_rounds);
    if (result < 0)
        return result;
    ret->open = (struct open_cell){
        .unit_id = unit_id,
        .due_day = dossier->due_at != NO_TIME ? day_of(dossier->due_at) : NO_DAY,
        .procedure = dossier->procedure_code,
        .channel = dossier->channel,
        .phase = in_table(dossier) ? dossier->phase : PHASE_WAITING,
        .count = 1,
    };
    ret->has_open = dossier->interval_count > 0 && dossier->phase != PHASE_ENDED;
    add_daily(dossier, calendar, ret);
    return 0;
}
