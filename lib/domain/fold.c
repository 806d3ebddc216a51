#include "domain/fold_internal.h"

#include <stdlib.h>

const char *phase_name(enum phase phase)
{
    static const char *const names[] = {"waiting", "running", "paused", "ended"};
    return (size_t)phase < sizeof names / sizeof *names ? names[phase] : NULL;
}

struct fold_rules fold_rules_default(void)
{
    return (struct fold_rules){
        .paused =
            {[STATUS_SUPPLEMENT] = true, [STATUS_AWAITING_PAYMENT] = true, [STATUS_STOPPED] = true},
    };
}

struct fold *fold_new(void)
{
    return calloc(1, sizeof(struct fold));
}

struct fold *fold_free(struct fold *fold)
{
    if (!fold)
        return NULL;
    free(fold->receipts);
    free(fold->runs);
    free(fold->transitions);
    free(fold->intervals);
    free(fold->statements);
    free(fold->replaced);
    free(fold);
    return NULL;
}

static bool grow(void *array, size_t count, size_t size)
{
    void **place = array;
    void *grown = count <= SIZE_MAX / size ? realloc(*place, count * size) : NULL;
    if (!grown)
        return false;
    *place = grown;
    return true;
}

/*
 * Makes every array large enough for the worst case of `count` receipts, so that nothing below
 * can fail: a record gives at most two transitions (and two starts in all), a statement leaves at
 * most three replaced dates.
 */
static int reserve(struct fold *fold, size_t count)
{
    if (count <= fold->capacity)
        return 0;
    size_t capacity = count < 16 ? 16 : count + count / 2;
    if (!grow(&fold->receipts, capacity, sizeof(struct event *)) ||
        !grow(&fold->runs, capacity, sizeof *fold->runs) ||
        !grow(&fold->transitions, 2 * capacity + 2, sizeof *fold->transitions) ||
        !grow(&fold->intervals, 2 * capacity + 2, sizeof *fold->intervals) ||
        !grow(&fold->statements, capacity, sizeof *fold->statements) ||
        !grow(&fold->replaced, 3 * capacity, sizeof *fold->replaced))
        return ERR_NOMEM;
    fold->capacity = capacity;
    return 0;
}

static int receipt_compare(const void *left, const void *right)
{
    const struct event *a = *(const struct event *const *)left;
    const struct event *b = *(const struct event *const *)right;
    if (a->ingested_at != b->ingested_at)
        return a->ingested_at < b->ingested_at ? -1 : 1;
    int order = status_rank(a->status) - status_rank(b->status);
    return order ? order : memcmp(a->event_id, b->event_id, EVENT_ID_SIZE);
}

/* Rule 1: whether the receipts kept so far, all received no later, make this one void. */
static bool heard_already(const struct fold *fold, const struct event *event)
{
    bool every_receipt = event->kind == EVENT_RECORD || event->kind == EVENT_STATUS;
    for (size_t i = fold->receipt_count; i > 0; i--) {
        const struct event *kept = fold->receipts[i - 1];
        if (every_receipt && kept->ingested_at != event->ingested_at)
            return false;
        if (kept->kind == event->kind &&
            memcmp(kept->event_id, event->event_id, EVENT_ID_SIZE) == 0)
            return true;
    }
    return false;
}

static void collect_receipts(struct fold *fold, const struct event *const *events, size_t count)
{
    memcpy(fold->receipts, events, count * sizeof *events);
    FOLD_SORT(fold->receipts, count, receipt_compare);
    fold->receipt_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct event *event = fold->receipts[i];
        if (!heard_already(fold, event))
            fold->receipts[fold->receipt_count++] = event;
    }
}

static void take_text(struct str *value, struct str said)
{
    if (str_given(said))
        *value = said;
}

static void take_time(int64_t *value, int64_t said)
{
    if (said != NO_TIME)
        *value = said;
}

static void take_tri(enum tri *value, enum tri said)
{
    if (said != TRI_UNKNOWN)
        *value = said;
}

/* Rule 3 for one record; the agency is rule 7's. */
static void take_record(struct dossier *ret, const struct event *record)
{
    take_text(&ret->alternative_code, record->alternative_code);
    take_text(&ret->procedure_code, record->procedure_code);
    take_text(&ret->field_code, record->field_code);
    take_text(&ret->receiving_agency, record->receiving_agency);
    take_text(&ret->late_reason, record->late_reason);
    if (record->channel != CHANNEL_UNKNOWN)
        ret->channel = record->channel;
    if (record->subject != SUBJECT_UNKNOWN)
        ret->subject = record->subject;
    if (record->online_level != LEVEL_UNKNOWN)
        ret->online_level = record->online_level;
    take_tri(&ret->non_territorial, record->non_territorial);
    take_tri(&ret->fee_due, record->fee_due);
    take_tri(&ret->paid, record->paid);
    take_tri(&ret->paid_online, record->paid_online);
    take_tri(&ret->digitised, record->digitised);
    take_tri(&ret->apology_sent, record->apology_sent);
    take_time(&ret->submitted_at, record->submitted_at);
    if (record->status != STATUS_REGISTERED && record->status != STATUS_REFUSED)
        take_time(&ret->accepted_at, record->accepted_at);
}

/* Rules 3 and 7, what records say; the result is the ingested_at of the one that gave the agency. */
static int64_t take_records(const struct fold *fold, struct dossier *ret)
{
    int64_t agency_known_at = NO_TIME;
    for (int trust = TRUST_PORTAL; trust < TRUST_COUNT; trust++) {
        for (size_t i = 0; i < fold->receipt_count; i++) {
            const struct event *record = fold->receipts[i];
            if (record->kind != EVENT_RECORD || (int)record->trust != trust)
                continue;
            take_record(ret, record);
            if (str_given(record->deciding_agency)) {
                ret->deciding_agency = record->deciding_agency;
                ret->deciding_unit = STR_NONE;
                agency_known_at = record->ingested_at;
            }
            take_text(&ret->deciding_unit, record->deciding_unit);
        }
    }
    return agency_known_at;
}

static bool newer(const struct event *event, const struct event *than)
{
    return !than || event_compare(event, than) > 0;
}

/* Rules 3 and 8: the kinds of which the latest one speaks. */
static void take_facts(const struct fold *fold, enum event_trust decides, struct dossier *ret)
{
    const struct event *paid = NULL;
    const struct event *rated = NULL;
    const struct event *alias = NULL;
    const struct event *step = NULL;
    const struct event *handled = NULL;
    for (size_t i = 0; i < fold->receipt_count; i++) {
        const struct event *event = fold->receipts[i];
        if (event->kind == EVENT_PAID) {
            ret->paid = TRI_YES;
            if (event->paid_online != TRI_UNKNOWN && newer(event, paid))
                paid = event;
        } else if (event->kind == EVENT_APOLOGY_SENT) {
            ret->apology_sent = TRI_YES;
        } else if (event->kind == EVENT_RATED && newer(event, rated)) {
            rated = event;
        } else if (event->kind == EVENT_ALIAS && newer(event, alias)) {
            alias = event;
        } else if (event->kind == EVENT_PROGRESS && event->trust == decides) {
            if (newer(event, step))
                step = event;
            if (str_given(event->officer) && newer(event, handled))
                handled = event;
        }
    }
    if (paid)
        ret->paid_online = paid->paid_online;
    if (rated) {
        ret->rating = rated->rating;
        ret->rated_at = rated->occurred_at;
    }
    if (alias)
        ret->alias_of = alias->alias_of;
    if (step)
        ret->step_due_at = step->step_due_at;
    if (handled)
        ret->officer = handled->officer;
}

/* The first transfer after `after` in event order (NULL = of all); NULL when there is none. */
static const struct event *next_transfer(const struct fold *fold, const struct event *after)
{
    const struct event *next = NULL;
    for (size_t i = 0; i < fold->receipt_count; i++) {
        const struct event *event = fold->receipts[i];
        if (event->kind != EVENT_TRANSFERRED || (after && event_compare(event, after) <= 0))
            continue;
        if (!next || event_compare(event, next) < 0)
            next = event;
    }
    return next;
}

/* Rule 7. */
static void follow_transfers(const struct fold *fold, int64_t agency_known_at, struct dossier *ret)
{
    for (const struct event *t = next_transfer(fold, NULL); t; t = next_transfer(fold, t)) {
        bool applies = !str_given(ret->deciding_agency) ||
                       (str_given(t->transfer_from) ? str_eq(t->transfer_from, ret->deciding_agency)
                                                    : t->ingested_at >= agency_known_at);
        if (!applies || str_eq(t->transfer_to, ret->deciding_agency))
            continue;
        ret->deciding_agency = t->transfer_to;
        ret->deciding_unit = STR_NONE;
    }
}

/* Rule 2. */
static bool stream_speaks(const struct fold *fold, enum event_trust trust)
{
    for (size_t i = 0; i < fold->receipt_count; i++) {
        const struct event *event = fold->receipts[i];
        if (event->trust != trust)
            continue;
        if (event->kind == EVENT_PROGRESS || event->kind == EVENT_STATUS)
            return true;
        if (event->kind == EVENT_RECORD &&
            (record_status(event) != STATUS_NONE || event->submitted_at != NO_TIME ||
             event->accepted_at != NO_TIME))
            return true;
    }
    return false;
}

/* Rules 2, 4, 5, 9 and 10; what records gave of submitted_at and accepted_at stands in *ret. */
static enum event_trust take_timeline(struct fold *fold, const struct fold_rules *rules,
                                      struct dossier *ret)
{
    struct timeline timeline;
    bool local = stream_speaks(fold, TRUST_LOCAL);
    if (local && stream_speaks(fold, TRUST_PORTAL)) {
        timeline_build(fold, rules, TRUST_PORTAL, &timeline);
        ret->portal_status = timeline.status;
    }
    timeline_build(fold, rules, local ? TRUST_LOCAL : TRUST_PORTAL, &timeline);
    ret->intervals = fold->intervals;
    ret->interval_count = fold->interval_count;
    ret->status = timeline.status;
    ret->status_at = timeline.status_at;
    ret->status_basis = timeline.status_basis;
    ret->returned_at = timeline.returned_at;
    if (ret->submitted_at == NO_TIME)
        ret->submitted_at = timeline.first_registered_at;
    if (ret->accepted_at == NO_TIME)
        ret->accepted_at = timeline.first_accepted_at;
    if (ret->interval_count > 0) {
        const struct interval *last = &ret->intervals[ret->interval_count - 1];
        ret->phase = last->phase;
        if (last->phase == PHASE_ENDED) {
            ret->ended_at = last->from_at;
            ret->ended_known_at = last->known_at;
            if (ret->accepted_at > ret->ended_at)
                ret->accepted_at = ret->ended_at;
        }
    }
    for (size_t i = 0; i < ret->interval_count; i++)
        ret->supplement_rounds += ret->intervals[i].supplement;
    if (ret->portal_status != STATUS_NONE)
        ret->portal_disagrees = (phase_of_status(rules, ret->portal_status) == PHASE_ENDED) !=
                                (ret->phase == PHASE_ENDED);
    return local ? TRUST_LOCAL : TRUST_PORTAL;
}

static struct dossier dossier_empty(void)
{
    return (struct dossier){
        .non_territorial = TRI_UNKNOWN,
        .status_at = NO_TIME,
        .submitted_at = NO_TIME,
        .accepted_at = NO_TIME,
        .ended_at = NO_TIME,
        .ended_known_at = NO_TIME,
        .returned_at = NO_TIME,
        .original_due_at = NO_TIME,
        .due_at = NO_TIME,
        .promised_at = NO_TIME,
        .reappointed_again_at = NO_TIME,
        .step_due_at = NO_TIME,
        .fee_due = TRI_UNKNOWN,
        .paid = TRI_UNKNOWN,
        .paid_online = TRI_UNKNOWN,
        .digitised = TRI_UNKNOWN,
        .apology_sent = TRI_UNKNOWN,
        .rated_at = NO_TIME,
        .first_ingested_at = NO_TIME,
        .last_ingested_at = NO_TIME,
    };
}

int fold_run(struct fold *fold, const struct fold_rules *rules, const struct event *const *events,
             size_t count, struct dossier *ret)
{
    *ret = dossier_empty();
    if (count == 0)
        return 0;
    int result = reserve(fold, count);
    if (result < 0)
        return result;
    ret->code = events[0]->dossier_code;
    for (size_t i = 0; i < count; i++)
        if (events[i]->kind == EVENT_ERASED)
            ret->erased = true;
    if (ret->erased)
        return 0;
    collect_receipts(fold, events, count);
    ret->first_ingested_at = fold->receipts[0]->ingested_at;
    for (size_t i = 0; i < count; i++)
        if (events[i]->ingested_at > ret->last_ingested_at)
            ret->last_ingested_at = events[i]->ingested_at;
    int64_t agency_known_at = take_records(fold, ret);
    follow_transfers(fold, agency_known_at, ret);
    ret->decides = take_timeline(fold, rules, ret);
    take_facts(fold, ret->decides, ret);
    due_build(fold, rules, ret);
    return 0;
}
