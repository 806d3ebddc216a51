#include "alerter/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void decision_init(struct decision *decision)
{
    *decision = (struct decision){.watch_at = NO_TIME};
}

void decision_deinit(struct decision *decision)
{
    free(decision->actions);
    free(decision->episodes);
    free(decision->taken);
    decision_init(decision);
}

void alert_id_of(struct str dossier_code, enum alert_rule rule, int32_t episode,
                 uint8_t out[EVENT_ID_SIZE])
{
    char number[16];
    snprintf(number, sizeof number, "%d", episode);
    const struct str parts[] = {dossier_code, str_of(alert_rule_name(rule)), str_of(number)};
    uint8_t hash[HASH_SIZE];
    hash_parts(parts, sizeof parts / sizeof *parts, hash);
    memcpy(out, hash, EVENT_ID_SIZE);
}

/* Makes *array hold at least `wanted` elements; true on success. */
static bool reserve(void **array, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return true;
    size_t grown = *capacity ? *capacity : 8;
    while (grown < wanted)
        grown *= 2;
    void *moved = realloc(*array, grown * size);
    if (!moved)
        return false;
    *array = moved;
    *capacity = grown;
    return true;
}

/* Each row and each episode gives at most one action. */
static void act(struct decision *ret, enum alert_change change, bool notice, struct alert_row row)
{
    ret->actions[ret->count++] =
        (struct alert_action){.change = change, .notice = notice && !row.silent, .row = row};
}

static struct str end_reason(const struct fold_rules *rules, const struct episode *episode)
{
    int32_t status = episode->ended_status;
    switch (episode->ended_by) {
    case END_BY_CLOCK: return STR("time_passed");
    case END_BY_STEP: return STR("step_done");
    case END_BY_APOLOGY: return STR("apology_sent");
    default: break;
    }
    if (rules->paused[status])
        return STR("paused");
    switch (status) {
    case STATUS_ACCEPTED:
    case STATUS_PROCESSING: return STR("accepted");
    case STATUS_DONE:
    case STATUS_RETURNED: return STR("done");
    case STATUS_WITHDRAWN: return STR("withdrawn");
    case STATUS_REFUSED: return STR("refused");
    case STATUS_STOPPED: return STR("stopped");
    default: return STR("waiting");
    }
}

static bool lasts(const struct episode *episode)
{
    return episode->ended_at == NO_TIME;
}

static enum tri end_is_late_data(const struct episode *episode)
{
    if (lasts(episode))
        return TRI_UNKNOWN;
    if (episode->ended_known_at == NO_TIME)
        return TRI_NO;
    bool told_late = episode->ended_known_at - episode->ended_at > MS_PER_DAY;
    return episode->ended_basis == BASIS_INGEST || told_late ? TRI_YES : TRI_NO;
}

/* Do a row and an episode mean the same stretch of lateness? Empty stretches (ended at the deadline) count by their beginning. */
static bool same_stretch(const struct alert_row *row, const struct episode *episode)
{
    if (row->began_at == episode->began_at)
        return true;
    bool row_reaches = row->ended_at == NO_TIME || episode->began_at < row->ended_at;
    bool episode_reaches = lasts(episode) || row->began_at < episode->ended_at;
    return row_reaches && episode_reaches;
}

/* The earliest live row of this stretch that no earlier episode took; in->row_count when there is none. */
static size_t row_for(const struct decide_input *in, enum alert_rule rule,
                      const struct episode *episode, const bool *taken)
{
    size_t found = in->row_count;
    for (size_t i = 0; i < in->row_count; i++) {
        if (taken[i] || in->rows[i].rule != rule || in->rows[i].state == ALERT_RETRACTED ||
            !same_stretch(&in->rows[i], episode))
            continue;
        if (found == in->row_count || in->rows[i].began_at < in->rows[found].began_at)
            found = i;
    }
    return found;
}

/* The row with the episode written into it; reason and state are the caller's. */
static struct alert_row described(const struct decide_input *in, const struct episode *episode,
                                  struct alert_row row)
{
    row.due_at = episode->due_at;
    row.original_due_at = in->dossier->original_due_at;
    row.deadline_at = episode->deadline_at;
    row.began_at = episode->began_at;
    row.ended_at = episode->ended_at;
    row.late_data = end_is_late_data(episode);
    row.last_event_at = in->last_event_at;
    row.last_ingested_at = in->dossier->last_ingested_at;
    row.portal_status = in->dossier->portal_disagrees ? in->dossier->portal_status : 0;
    return row;
}

/* Why it fires: a deadline that was missed, or one that comes near. */
static struct str begin_reason(enum alert_rule rule)
{
    switch (rule) {
    case RULE_DUE_SOON_1:
    case RULE_DUE_SOON_2:
    case RULE_DUE_SOON_3: return STR("due_soon");
    case RULE_APOLOGY_MISSING: return STR("no_apology");
    case RULE_SUPPLEMENT_LATE: return STR("supplement_late");
    case RULE_REAPPOINTED_TWICE: return STR("reappointed");
    default: return STR("deadline_passed");
    }
}

static struct alert_row new_row(const struct decide_input *in, enum alert_rule rule,
                                const struct episode *episode, int32_t number)
{
    struct alert_row row = {
        .rule = rule,
        .episode = number,
        .state = lasts(episode) ? ALERT_FIRING : ALERT_RESOLVED,
        .silent = !lasts(episode),
        .reason = lasts(episode) ? begin_reason(rule) : end_reason(in->rules, episode),
        .unit_id = in->unit_id,
        .procedure_code = in->dossier->procedure_code,
        .fired_at = in->now_at,
        .escalate_at = NO_TIME,
    };
    return described(in, episode, row);
}

static bool same_episode_text(const struct alert_row *a, const struct alert_row *b)
{
    return str_eq(a->reason, b->reason) && a->unit_id == b->unit_id &&
           str_eq(a->procedure_code, b->procedure_code) && a->due_at == b->due_at &&
           a->original_due_at == b->original_due_at && a->deadline_at == b->deadline_at &&
           a->began_at == b->began_at && a->ended_at == b->ended_at &&
           a->late_data == b->late_data && a->portal_status == b->portal_status;
}

static void refresh_firing(const struct decide_input *in, const struct episode *episode,
                           const struct alert_row *old, struct decision *ret)
{
    struct alert_row row = described(in, episode, *old);
    row.unit_id = in->unit_id;
    row.procedure_code = in->dossier->procedure_code;
    if (!lasts(episode)) {
        row.state = ALERT_RESOLVED;
        row.reason = end_reason(in->rules, episode);
        act(ret, ALERT_RESOLVE, true, row);
        return;
    }
    if (row.unit_id != old->unit_id) {
        row.reason = STR("transferred");
        act(ret, ALERT_MOVE, true, row);
        return;
    }
    if (!same_episode_text(&row, old) || row.last_event_at != old->last_event_at ||
        row.last_ingested_at != old->last_ingested_at)
        act(ret, ALERT_AMEND, false, row);
}

/* Unit and procedure stay those of the time it was over, unless nothing was known then. */
static void refresh_resolved(const struct decide_input *in, const struct episode *episode,
                             const struct alert_row *old, struct decision *ret)
{
    struct alert_row row = described(in, episode, *old);
    row.reason = end_reason(in->rules, episode);
    if (!row.unit_id)
        row.unit_id = in->unit_id;
    if (!str_given(row.procedure_code))
        row.procedure_code = in->dossier->procedure_code;
    if (!same_episode_text(&row, old))
        act(ret, ALERT_AMEND, false, row);
}

/* The last running interval that began no later than the row did; NULL when the fold has none. */
static const struct interval *interval_of(const struct dossier *dossier,
                                          const struct alert_row *row)
{
    const struct interval *found = NULL;
    for (size_t i = 0; i < dossier->interval_count; i++) {
        const struct interval *interval = &dossier->intervals[i];
        if (interval->phase == PHASE_RUNNING && interval->from_at <= row->began_at)
            found = interval;
    }
    return found;
}

/* A live row for which the fold has no episode any more. */
static void withdraw(const struct decide_input *in, const struct alert_row *old,
                     struct decision *ret)
{
    struct alert_row row = *old;
    row.last_event_at = in->last_event_at;
    row.last_ingested_at = in->dossier->last_ingested_at;
    if (in->dossier->erased) {
        if (row.state != ALERT_FIRING)
            return;
        row.state = ALERT_RESOLVED;
        row.reason = STR("erased");
        row.ended_at = in->last_event_at;
        row.late_data = TRI_NO;
        act(ret, ALERT_RESOLVE, true, row);
        return;
    }
    if (!in->on[row.rule]) { /* what was said was right when it was said */
        if (row.state != ALERT_FIRING)
            return;
        row.state = ALERT_RESOLVED;
        row.reason = STR("rule_off");
        row.ended_at = in->now_at;
        row.late_data = TRI_NO;
        act(ret, ALERT_RESOLVE, true, row);
        return;
    }
    row.state = ALERT_RETRACTED;
    row.late_data = TRI_NO;
    const struct interval *interval = interval_of(in->dossier, old);
    row.ended_at = interval ? interval->to_at : NO_TIME;
    if (str_given(in->dossier->alias_of)) {
        row.reason = STR("alias");
    } else if (interval && interval->due_at != old->due_at) {
        row.reason = STR("due_changed");
    } else if (in->rules_changed) {
        row.reason = STR("rule_changed");
    } else {
        row.reason = STR("late_data");
        row.late_data = TRI_YES;
    }
    act(ret, ALERT_RETRACT, true, row);
}

static void supersede(const struct decide_input *in, const struct alert_row *old,
                      struct decision *ret)
{
    struct alert_row row = *old;
    row.state = ALERT_RETRACTED;
    row.reason = STR("superseded");
    row.late_data = TRI_YES;
    row.last_event_at = in->last_event_at;
    row.last_ingested_at = in->dossier->last_ingested_at;
    act(ret, ALERT_RETRACT, true, row);
}

/* Time as this rule sees it: not before its newest row, so that a clock set back makes nothing early again. */
static int64_t judged_at(const struct decide_input *in, enum alert_rule rule)
{
    int64_t at = in->now_at;
    for (size_t i = 0; i < in->row_count; i++) {
        const struct alert_row *row = &in->rows[i];
        if (row->rule == rule && row->state != ALERT_RETRACTED && row->fired_at > at)
            at = row->fired_at;
    }
    return at;
}

static int64_t sooner(int64_t a, int64_t b)
{
    if (a == NO_TIME || b == NO_TIME)
        return a == NO_TIME ? b : a;
    return a < b ? a : b;
}

/* The rule's episodes into ret->episodes, and room for their actions. Count, or ERR_NOMEM. */
static int prepare(const struct decide_input *in, enum alert_rule rule, struct decision *ret,
                   size_t *ret_count)
{
    int64_t at = judged_at(in, rule), next_at;
    size_t count =
        ladder_episodes(in->ladder, rule, at, ret->episodes, ret->episode_capacity, &next_at);
    if (count > ret->episode_capacity) {
        if (!reserve((void **)&ret->episodes, &ret->episode_capacity, count, sizeof *ret->episodes))
            return ERR_NOMEM;
        count =
            ladder_episodes(in->ladder, rule, at, ret->episodes, ret->episode_capacity, &next_at);
    }
    /* Besides its episodes' own, a rule's rows may each be superseded or withdrawn. */
    if (!reserve((void **)&ret->actions, &ret->capacity, ret->count + 2 * count + in->row_count,
                 sizeof *ret->actions))
        return ERR_NOMEM;
    ret->watch_at = sooner(ret->watch_at, next_at);
    *ret_count = count;
    return 0;
}

static void decide_episode(const struct decide_input *in, enum alert_rule rule,
                           const struct episode *episode, int32_t *number, struct decision *ret)
{
    size_t found = row_for(in, rule, episode, ret->taken);
    const struct alert_row *row = found < in->row_count ? &in->rows[found] : NULL;
    if (row)
        ret->taken[found] = true;
    if (row && row->state == ALERT_FIRING) {
        refresh_firing(in, episode, row, ret);
        return;
    }
    if (row && !lasts(episode)) {
        refresh_resolved(in, episode, row, ret);
        return;
    }
    if (row)
        supersede(in, row, ret);
    if (!lasts(episode)) {
        if (alert_rule_recorded(rule))
            act(ret, ALERT_RECORD_LATE, false, new_row(in, rule, episode, ++*number));
    } else if (in->may_fire && episode->began_at <= in->now_at) {
        act(ret, ALERT_FIRE, true, new_row(in, rule, episode, ++*number));
    } else {
        ret->watch_at = sooner(ret->watch_at, episode->began_at);
    }
}

static int decide_rule(const struct decide_input *in, enum alert_rule rule, struct decision *ret)
{
    size_t episode_count;
    if (prepare(in, rule, ret, &episode_count) < 0)
        return ERR_NOMEM;
    int32_t number = 0;
    for (size_t i = 0; i < in->row_count; i++) {
        if (in->rows[i].rule == rule && in->rows[i].episode > number)
            number = in->rows[i].episode;
    }
    for (size_t i = 0; i < episode_count; i++)
        decide_episode(in, rule, &ret->episodes[i], &number, ret);
    for (size_t i = 0; i < in->row_count; i++) {
        const struct alert_row *row = &in->rows[i];
        if (!ret->taken[i] && row->rule == rule && row->state != ALERT_RETRACTED)
            withdraw(in, row, ret);
    }
    return 0;
}

int decide(const struct decide_input *in, struct decision *ret)
{
    ret->count = 0;
    ret->watch_at = NO_TIME;
    if (!reserve((void **)&ret->taken, &ret->taken_capacity, in->row_count, sizeof *ret->taken))
        return ERR_NOMEM;
    for (size_t i = 0; i < in->row_count; i++)
        ret->taken[i] = false;
    int r = 0;
    for (int rule = 0; rule < RULE_COUNT && r == 0; rule++)
        r = decide_rule(in, (enum alert_rule)rule, ret);
    return r;
}
