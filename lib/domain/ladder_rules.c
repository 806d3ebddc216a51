/* The rules of ladder.h, one function each. */
#include "domain/ladder_internal.h"

static int64_t earlier(int64_t a, int64_t b)
{
    if (a == NO_TIME || b == NO_TIME)
        return a == NO_TIME ? b : a;
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* NO_TIME as an end is never. */
static bool ends_before(int64_t a, int64_t b)
{
    return a != NO_TIME && (b == NO_TIME || a < b);
}

static void put(struct sink *sink, struct episode episode)
{
    bool by_clock = episode.ended_by == END_BY_CLOCK;
    bool lasts = episode.ended_at == NO_TIME || (by_clock && episode.ended_at > sink->now_at);
    if (lasts && episode.began_at > sink->now_at) {
        sink->next_at = earlier(sink->next_at, episode.began_at);
        return;
    }
    if (lasts && by_clock) {
        sink->next_at = earlier(sink->next_at, episode.ended_at);
        episode.ended_at = NO_TIME;
        episode.ended_by = END_BY_STATUS;
    }
    episode.number = (int32_t)sink->count + 1;
    if (sink->count < sink->max)
        sink->out[sink->count] = episode;
    sink->count++;
}

/* A stretch of interval i that lasts as long as it does. */
static struct episode of_interval(const struct ladder *ladder, size_t i, int64_t due_at,
                                  int64_t deadline_at, int64_t began_at)
{
    const struct interval *interval = &ladder->dossier->intervals[i];
    struct episode episode = {.due_at = due_at,
                              .deadline_at = deadline_at,
                              .began_at = began_at,
                              .ended_at = interval->to_at,
                              .ended_known_at = NO_TIME};
    if (interval->to_at != NO_TIME) {
        episode.ended_status = interval[1].status;
        episode.ended_basis = interval[1].basis;
        episode.ended_known_at = interval[1].known_at;
    }
    return episode;
}

/* The same, cut at end_at where that is earlier. */
static struct episode cut(struct episode episode, int64_t end_at, enum episode_end by)
{
    if (!ends_before(end_at, episode.ended_at))
        return episode;
    episode.ended_at = end_at;
    episode.ended_by = by;
    episode.ended_status = 0;
    episode.ended_basis = BASIS_SOURCE;
    episode.ended_known_at = NO_TIME;
    return episode;
}

static bool is_empty(const struct episode *episode)
{
    return episode->ended_at != NO_TIME && episode->ended_at <= episode->began_at;
}

static int64_t late(const struct ladder *ladder, int64_t due_at)
{
    return overdue_deadline(ladder->rules->overdue, due_at);
}

static void overdue(const struct ladder *ladder, size_t i, struct sink *sink)
{
    const struct interval *interval = &ladder->dossier->intervals[i];
    int64_t deadline_at = late(ladder, ladder->due_at[i]);
    if (!ends_before(interval->to_at, deadline_at))
        put(sink, of_interval(ladder, i, ladder->due_at[i], deadline_at,
                              later(deadline_at, interval->from_at)));
}

/* The moment of warning k for a date. */
static int64_t mark(const struct ladder *ladder, int k, int64_t due_at)
{
    const struct lead *lead = &ladder->rules->due_soon[k];
    const struct calendar *calendar = ladder->calendar;
    bool by_date = ladder->rules->overdue == OVERDUE_BY_DATE;
    int32_t due_day = day_of(due_at);
    if (lead->hours)
        return calendar_before(calendar, by_date ? day_start(due_day + 1) : due_at,
                               lead->amount * 60);
    int32_t day = calendar_day_before(calendar, due_day, lead->amount);
    return by_date ? calendar_opens_at(calendar, day)
                   : day_start(day) + (due_at - day_start(due_day));
}

static void due_soon(const struct ladder *ladder, size_t i, int k, struct sink *sink)
{
    const struct interval *interval = &ladder->dossier->intervals[i];
    int64_t due_at = ladder->due_at[i];
    int64_t mark_at = mark(ladder, k, due_at);
    int64_t until_at = late(ladder, due_at);
    for (int j = 0; j < DUE_SOON_COUNT; j++) {
        if (j == k || !ladder->rules->on[RULE_DUE_SOON_1 + j])
            continue;
        int64_t other_at = mark(ladder, j, due_at);
        if (other_at > mark_at && other_at < until_at)
            until_at = other_at;
    }
    if (i == ladder->fresh && interval->from_at > mark_at)
        return;
    struct episode episode =
        cut(of_interval(ladder, i, due_at, late(ladder, due_at), later(mark_at, interval->from_at)),
            until_at, END_BY_CLOCK);
    if (!is_empty(&episode))
        put(sink, episode);
}

static void apology_missing(const struct ladder *ladder, size_t i, struct sink *sink)
{
    const struct interval *interval = &ladder->dossier->intervals[i];
    const struct calendar *calendar = ladder->calendar;
    int32_t due_day = day_of(ladder->due_at[i]);
    int64_t mark_at = calendar_opens_at(
        calendar, calendar_day_before(calendar, due_day, ladder->rules->apology_days));
    if (i == ladder->fresh && interval->from_at > mark_at)
        return;
    struct episode episode =
        cut(of_interval(ladder, i, ladder->due_at[i], mark_at, later(mark_at, interval->from_at)),
            ladder->apology_at, END_BY_APOLOGY);
    if (!is_empty(&episode))
        put(sink, episode);
}

static void acceptance(const struct ladder *ladder, size_t i, struct sink *sink)
{
    const struct interval *interval = &ladder->dossier->intervals[i];
    int64_t due_at =
        calendar_after(ladder->calendar, interval->from_at, ladder->rules->acceptance_hours * 60);
    if (ladder->dossier->channel == CHANNEL_ONLINE && !ends_before(interval->to_at, due_at + 1))
        put(sink, of_interval(ladder, i, due_at, due_at + 1, due_at + 1));
}

static void step_overdue(const struct ladder *ladder, size_t i, size_t *next, struct sink *sink)
{
    const struct interval *interval = &ladder->dossier->intervals[i];
    for (size_t j = *next; j < ladder->step_count; j++) {
        const struct step *step = &ladder->steps[j];
        if (interval->to_at != NO_TIME && step->from_at >= interval->to_at)
            return;
        if (step->to_at != NO_TIME && step->to_at <= interval->from_at) {
            *next = j + 1;
            continue;
        }
        int64_t deadline_at = late(ladder, step->due_at);
        int64_t from_at = later(step->from_at, interval->from_at);
        struct episode episode =
            cut(of_interval(ladder, i, step->due_at, deadline_at, later(deadline_at, from_at)),
                step->to_at, END_BY_STEP);
        if (!is_empty(&episode))
            put(sink, episode);
    }
}

static void supplement_late(const struct ladder *ladder, struct sink *sink)
{
    const struct dossier *dossier = ladder->dossier;
    const struct calendar *calendar = ladder->calendar;
    int64_t base_at = dossier->accepted_at;
    if (base_at == NO_TIME && ladder->fresh < dossier->interval_count)
        base_at = dossier->intervals[ladder->fresh].from_at;
    for (size_t i = 0; i < dossier->interval_count && base_at != NO_TIME; i++) {
        const struct interval *interval = &dossier->intervals[i];
        if (!interval->supplement)
            continue;
        int32_t last =
            calendar_day_after(calendar, day_of(base_at), ladder->rules->supplement_days);
        int64_t deadline_at = day_start(last + 1);
        struct episode episode = of_interval(ladder, i, calendar_closes_at(calendar, last),
                                             deadline_at, interval->from_at);
        if (interval->from_at >= deadline_at && !is_empty(&episode))
            put(sink, episode);
        base_at = interval->to_at;
    }
}

static void reappointed_twice(const struct ladder *ladder, struct sink *sink)
{
    const struct dossier *dossier = ladder->dossier;
    int64_t at = dossier->reappointed_again_at;
    if (at == NO_TIME)
        return;
    struct episode episode = {.due_at = dossier->due_at,
                              .deadline_at = at,
                              .began_at = at,
                              .ended_at = dossier->ended_at,
                              .ended_known_at = dossier->ended_known_at};
    if (dossier->ended_at != NO_TIME) {
        const struct interval *last = &dossier->intervals[dossier->interval_count - 1];
        episode.ended_status = last->status;
        episode.ended_basis = last->basis;
    }
    if (!is_empty(&episode))
        put(sink, episode);
}

void ladder_collect(const struct ladder *ladder, enum alert_rule rule, struct sink *sink)
{
    size_t next_step = 0;
    if (rule == RULE_SUPPLEMENT_LATE)
        supplement_late(ladder, sink);
    else if (rule == RULE_REAPPOINTED_TWICE)
        reappointed_twice(ladder, sink);
    for (size_t i = 0; i < ladder->dossier->interval_count; i++) {
        enum phase phase = ladder->dossier->intervals[i].phase;
        bool dated = ladder->due_at[i] != NO_TIME;
        switch (rule) {
        case RULE_OVERDUE:
            if (dated)
                overdue(ladder, i, sink);
            break;
        case RULE_DUE_SOON_1:
        case RULE_DUE_SOON_2:
        case RULE_DUE_SOON_3:
            if (dated)
                due_soon(ladder, i, (int)rule - RULE_DUE_SOON_1, sink);
            break;
        case RULE_APOLOGY_MISSING:
            if (dated)
                apology_missing(ladder, i, sink);
            break;
        case RULE_ACCEPTANCE:
            if (phase == PHASE_WAITING)
                acceptance(ladder, i, sink);
            break;
        case RULE_STEP_OVERDUE:
            if (phase == PHASE_RUNNING)
                step_overdue(ladder, i, &next_step, sink);
            break;
        default: return;
        }
    }
}
