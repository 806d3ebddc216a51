#include "domain/overdue.h"

int64_t overdue_deadline(enum overdue_rule rule, int64_t due_at)
{
    if (due_at == NO_TIME)
        return NO_TIME;
    return rule == OVERDUE_BY_DATE ? day_start(day_of(due_at) + 1) : due_at + 1;
}

static bool counts(const struct dossier *dossier)
{
    return !dossier->erased && !str_given(dossier->alias_of);
}

enum verdict overdue_verdict(const struct dossier *dossier)
{
    if (!counts(dossier) || dossier->phase != PHASE_ENDED)
        return VERDICT_NONE;
    if (dossier->status == STATUS_WITHDRAWN || dossier->status == STATUS_STOPPED)
        return VERDICT_ON_TIME;
    if (dossier->status != STATUS_DONE && dossier->status != STATUS_RETURNED)
        return VERDICT_NONE;
    if (dossier->due_at == NO_TIME)
        return VERDICT_ON_TIME;
    int32_t ended_day = day_of(dossier->ended_at);
    int32_t due_day = day_of(dossier->due_at);
    if (ended_day == due_day)
        return VERDICT_ON_TIME;
    return ended_day < due_day ? VERDICT_EARLY : VERDICT_LATE;
}

static struct episode episode_of(const struct dossier *dossier, size_t index, int64_t deadline_at,
                                 int number)
{
    const struct interval *interval = &dossier->intervals[index];
    struct episode episode = {
        .number = number,
        .due_at = interval->due_at,
        .deadline_at = deadline_at,
        .began_at = deadline_at > interval->from_at ? deadline_at : interval->from_at,
        .ended_at = interval->to_at,
        .ended_known_at = NO_TIME,
    };
    if (interval->to_at != NO_TIME) {
        const struct interval *next = interval + 1;
        episode.ended_status = next->status;
        episode.ended_basis = next->basis;
        episode.ended_known_at = next->known_at;
    }
    return episode;
}

size_t overdue_episodes(const struct dossier *dossier, enum overdue_rule rule, int64_t now_at,
                        struct episode *out, size_t max)
{
    size_t count = 0;
    if (!counts(dossier))
        return 0;
    for (size_t i = 0; i < dossier->interval_count; i++) {
        const struct interval *interval = &dossier->intervals[i];
        int64_t deadline_at = overdue_deadline(rule, interval->due_at);
        int64_t seen_to_at = interval->to_at != NO_TIME ? interval->to_at : now_at;
        if (deadline_at == NO_TIME || seen_to_at < deadline_at)
            continue;
        if (count < max)
            out[count] = episode_of(dossier, i, deadline_at, (int)count + 1);
        count++;
    }
    return count;
}

int64_t overdue_watch(const struct dossier *dossier, enum overdue_rule rule)
{
    if (!counts(dossier) || dossier->interval_count == 0 || dossier->phase != PHASE_RUNNING)
        return NO_TIME;
    return overdue_deadline(rule, dossier->intervals[dossier->interval_count - 1].due_at);
}
