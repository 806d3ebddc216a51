#include "domain/fold_internal.h"

#include <stdlib.h>

/* Where the judgement of the dates stands while the statements are gone through (rule 6). */
struct judge {
    struct fold *fold;
    const struct fold_rules *rules;
    int64_t due_at;
    int64_t promised_at;
    int64_t ceiling_at;
    int64_t first_at;     /* `at` of the first statement */
    int64_t explained_at; /* `at` of the last explained move, NO_TIME (before all times) = none */
    int32_t reappointments;
    int64_t again_at; /* of the second one */
};

static int statement_compare(const void *left, const void *right)
{
    const struct statement *a = left;
    const struct statement *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    if (a->record != b->record)
        return a->record ? 1 : -1;
    if (!a->record) {
        if (a->occurred_at != b->occurred_at)
            return a->occurred_at < b->occurred_at ? -1 : 1;
        if (a->due_at != b->due_at)
            return a->due_at < b->due_at ? -1 : 1;
    } else if (a->rank != b->rank) {
        return a->rank - b->rank;
    }
    return memcmp(a->event_id, b->event_id, EVENT_ID_SIZE);
}

static bool states_due(const struct event *event)
{
    return event->due_at != NO_TIME &&
           (event->kind == EVENT_RECORD || event->kind == EVENT_DUE_CHANGED);
}

static void gather_statements(struct fold *fold)
{
    enum event_trust trust = TRUST_PORTAL;
    for (size_t i = 0; i < fold->receipt_count; i++)
        if (states_due(fold->receipts[i]) && fold->receipts[i]->trust == TRUST_LOCAL)
            trust = TRUST_LOCAL;
    fold->statement_count = 0;
    fold->replaced_count = 0;
    for (size_t i = 0; i < fold->receipt_count; i++) {
        const struct event *event = fold->receipts[i];
        if (!states_due(event) || event->trust != trust)
            continue;
        struct statement *statement = &fold->statements[fold->statement_count++];
        *statement = (struct statement){
            .at = event->ingested_at,
            .due_at = event->due_at,
            .before_at = NO_TIME,
            .event_id = event->event_id,
            .rank = status_rank(event->status),
            .record = event->kind == EVENT_RECORD,
        };
        if (statement->record)
            continue;
        /* Nothing is told later than we heard of it; the source's clock may be ahead of ours. */
        if (event->occurred_at < statement->at)
            statement->at = event->occurred_at;
        statement->occurred_at = event->occurred_at;
        statement->before_at = event->due_before_at;
        statement->reason = event->due_reason;
    }
    FOLD_SORT(fold->statements, fold->statement_count, statement_compare);
}

static bool is_replaced(const struct fold *fold, int64_t due_at)
{
    for (size_t i = 0; i < fold->replaced_count; i++)
        if (fold->replaced[i] == due_at)
            return true;
    return false;
}

static bool is_supplement_date(const struct fold *fold, int64_t due_at)
{
    for (size_t i = 0; i < fold->statement_count; i++)
        if (fold->statements[i].reason == DUE_SUPPLEMENT && fold->statements[i].due_at == due_at)
            return true;
    return false;
}

/* A pause that no move has used yet, and that the first date did not know of already. */
static bool pause_explains(const struct judge *judge, int64_t at)
{
    const struct fold *fold = judge->fold;
    for (size_t i = 0; i < fold->interval_count; i++) {
        const struct interval *interval = &fold->intervals[i];
        if (interval->phase == PHASE_PAUSED && interval->from_at <= at &&
            interval->from_at > judge->explained_at &&
            (interval->to_at == NO_TIME || interval->to_at > judge->first_at))
            return true;
    }
    return false;
}

/* Dates the running intervals that a move at `at` counts for. */
static void date_intervals(const struct fold *fold, int64_t at, int64_t due_at)
{
    size_t i = fold->interval_count;
    while (i > 0 && (fold->intervals[i - 1].from_at > at))
        i--;
    while (i > 1 && fold->intervals[i - 1].phase == PHASE_ENDED)
        i--;
    for (i = i ? i - 1 : 0; i < fold->interval_count; i++)
        if (fold->intervals[i].phase == PHASE_RUNNING)
            fold->intervals[i].due_at = due_at;
}

static void correct(struct judge *judge, int64_t due_at)
{
    for (size_t i = 0; i < judge->fold->interval_count; i++) {
        struct interval *interval = &judge->fold->intervals[i];
        if (interval->phase == PHASE_RUNNING && interval->due_at == judge->due_at)
            interval->due_at = due_at;
    }
    judge->due_at = due_at;
    judge->promised_at = due_at;
    judge->ceiling_at = due_at;
}

static void explain(struct judge *judge, int64_t at, int64_t due_at)
{
    struct fold *fold = judge->fold;
    if (judge->due_at != due_at)
        fold->replaced[fold->replaced_count++] = judge->due_at;
    if (judge->promised_at != due_at)
        fold->replaced[fold->replaced_count++] = judge->promised_at;
    date_intervals(fold, at, due_at);
    judge->due_at = due_at;
    judge->promised_at = due_at;
    judge->ceiling_at = due_at;
    judge->explained_at = at;
}

/* Rule 6, a to g. */
static void take_statement(struct judge *judge, const struct statement *s)
{
    bool open = s->record || s->reason == DUE_UNKNOWN;
    int64_t due_at = s->due_at;
    if (s->record && is_replaced(judge->fold, due_at))
        return;
    if (s->reason == DUE_SUPPLEMENT && s->before_at != NO_TIME)
        judge->fold->replaced[judge->fold->replaced_count++] = s->before_at;
    if (due_at == judge->promised_at &&
        (due_at == judge->due_at || open || s->reason == DUE_REAPPOINTMENT))
        return;
    if (s->reason == DUE_CORRECTION) {
        correct(judge, due_at);
        return;
    }
    if (day_of(due_at) <= day_of(judge->due_at) ||
        (open && day_of(due_at) <= day_of(judge->ceiling_at))) {
        date_intervals(judge->fold, s->at, due_at);
        judge->due_at = due_at;
        judge->promised_at = due_at;
        return;
    }
    if (s->reason == DUE_SUPPLEMENT ||
        (open && (is_supplement_date(judge->fold, due_at) || pause_explains(judge, s->at)))) {
        explain(judge, s->at, due_at);
        return;
    }
    if (open && judge->rules->due_change_is_correction) {
        correct(judge, due_at);
        return;
    }
    if (day_of(due_at) > day_of(judge->promised_at) && ++judge->reappointments == 2)
        judge->again_at = s->at;
    judge->promised_at = due_at;
}

void due_build(struct fold *fold, const struct fold_rules *rules, struct dossier *ret)
{
    gather_statements(fold);
    if (fold->statement_count == 0)
        return;
    const struct statement *first = &fold->statements[0];
    int64_t original_at = first->before_at != NO_TIME ? first->before_at : first->due_at;
    struct judge judge = {
        .fold = fold,
        .rules = rules,
        .due_at = original_at,
        .promised_at = original_at,
        .ceiling_at = original_at,
        .first_at = first->at,
        .explained_at = NO_TIME,
        .again_at = NO_TIME,
    };
    for (size_t i = 0; i < fold->interval_count; i++)
        if (fold->intervals[i].phase == PHASE_RUNNING)
            fold->intervals[i].due_at = original_at;
    for (size_t i = first->before_at != NO_TIME ? 0 : 1; i < fold->statement_count; i++)
        take_statement(&judge, &fold->statements[i]);
    ret->original_due_at = original_at;
    ret->due_at = judge.due_at;
    ret->promised_at = judge.promised_at;
    ret->reappointments = judge.reappointments;
    ret->reappointed_again_at = judge.again_at;
}
