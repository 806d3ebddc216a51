#include "domain/fold_internal.h"

#include <stdlib.h>

int32_t record_status(const struct event *record)
{
    if (record->status != STATUS_NONE)
        return record->status;
    if (record->returned_at != NO_TIME)
        return STATUS_RETURNED;
    if (record->ended_at != NO_TIME)
        return STATUS_DONE;
    return record->refused_at != NO_TIME ? STATUS_REFUSED : STATUS_NONE;
}

int32_t status_group(int32_t status)
{
    return status == STATUS_RETURNED ? STATUS_DONE : status;
}

enum phase phase_of_status(const struct fold_rules *rules, int32_t status)
{
    switch (status) {
    case STATUS_REGISTERED: return PHASE_WAITING;
    case STATUS_ACCEPTED:
    case STATUS_PROCESSING: return PHASE_RUNNING;
    case STATUS_SUPPLEMENT:
    case STATUS_AWAITING_PAYMENT: return rules->paused[status] ? PHASE_PAUSED : PHASE_RUNNING;
    case STATUS_STOPPED: return rules->paused[status] ? PHASE_PAUSED : PHASE_ENDED;
    default: return PHASE_ENDED;
    }
}

static void say(struct said *said, int64_t at, const struct event *record)
{
    if (at != NO_TIME && at != said->at)
        *said = (struct said){at, record->ingested_at, record->event_id};
}

static void push(struct fold *fold, struct transition transition)
{
    fold->transitions[fold->transition_count++] = transition;
}

/* Rule 4d: the date of a run; at NO_TIME = undated. */
static struct said run_date(const struct run *run)
{
    switch (run->status) {
    case STATUS_REFUSED: return run->refused.at != NO_TIME ? run->refused : run->ended;
    case STATUS_WITHDRAWN:
    case STATUS_STOPPED:
    case STATUS_DONE: return run->ended;
    case STATUS_RETURNED: return run->ended.at != NO_TIME ? run->ended : run->returned;
    default: return (struct said){.at = NO_TIME};
    }
}

static void run_add(struct fold *fold, const struct event *record, int32_t status)
{
    struct run *run = fold->run_count ? &fold->runs[fold->run_count - 1] : NULL;
    if (!run || status_group(run->status) != status_group(status)) {
        run = &fold->runs[fold->run_count++];
        *run = (struct run){
            .first = {record->ingested_at, record->ingested_at, record->event_id},
            .ended.at = NO_TIME,
            .returned.at = NO_TIME,
            .refused.at = NO_TIME,
        };
    }
    run->status = status;
    run->last_at = record->ingested_at;
    say(&run->ended, record->ended_at, record);
    say(&run->returned, record->returned_at, record);
    say(&run->refused, record->refused_at, record);
}

static struct transition transition_of(struct said said, int32_t status, enum time_basis basis,
                                       enum transition_role role)
{
    return (struct transition){
        .at = said.at,
        .known_at = said.known_at,
        .event_id = said.event_id,
        .status = status,
        .basis = basis,
        .role = role,
    };
}

static struct transition run_first(const struct run *run)
{
    struct said date = run_date(run);
    if (date.at == NO_TIME)
        return transition_of(run->first, run->status, BASIS_INGEST, ROLE_PLAIN);
    if (run->status != STATUS_RETURNED)
        return transition_of(date, run->status, BASIS_SOURCE, ROLE_ENDING);
    if (run->ended.at != NO_TIME)
        return transition_of(date, STATUS_DONE, BASIS_SOURCE, ROLE_ENDING);
    return transition_of(date, STATUS_RETURNED, BASIS_SOURCE, ROLE_PLAIN);
}

/* The same as the first, but for a dossier that was handed over after its end. */
static struct transition run_last(const struct run *run)
{
    if (run->status != STATUS_RETURNED || run->ended.at == NO_TIME)
        return run_first(run);
    struct said handed = run->returned.at > run->ended.at ? run->returned : run->ended;
    return transition_of(handed, STATUS_RETURNED, BASIS_SOURCE, ROLE_PLAIN);
}

static void run_push(struct fold *fold, const struct run *run)
{
    struct transition first = run_first(run);
    struct transition last = run_last(run);
    push(fold, first);
    if (last.status != first.status)
        push(fold, last);
}

/* Whether a is later than b in (at, rank). */
static bool transition_later(const struct transition *a, const struct transition *b)
{
    if (a->at != b->at)
        return a->at > b->at;
    return status_rank(a->status) > status_rank(b->status);
}

/* The pile of rule 4d, in place: a run is never written beyond where it is read. */
static void pile_runs(struct fold *fold)
{
    size_t top = 0;
    for (size_t i = 0; i < fold->run_count; i++) {
        const struct run run = fold->runs[i];
        const struct transition first = run_first(&run);
        while (top > 0) {
            const struct transition last = run_last(&fold->runs[top - 1]);
            if (!transition_later(&last, &first))
                break;
            top--;
        }
        if (top > 0 && status_group(fold->runs[top - 1].status) == status_group(run.status)) {
            if (run_date(&run).at == NO_TIME)
                continue;
            top--;
        }
        fold->runs[top++] = run;
    }
    for (size_t i = 0; i < top; i++)
        run_push(fold, &fold->runs[i]);
}

/* Where rows speak: the last run, if dated, and what it voids among the rows. */
static void overrule_rows(struct fold *fold)
{
    const struct run *last = &fold->runs[fold->run_count - 1];
    if (run_date(last).at == NO_TIME)
        return;
    const struct transition ending = run_first(last);
    size_t kept = 0;
    for (size_t i = 0; i < fold->transition_count; i++) {
        const struct transition *row = &fold->transitions[i];
        bool outdone = row->known_at <= last->last_at || day_of(row->at) == day_of(ending.at);
        if (outdone && transition_later(row, &ending) &&
            status_group(row->status) != status_group(last->status))
            continue;
        fold->transitions[kept++] = *row;
    }
    fold->transition_count = kept;
    run_push(fold, last);
}

/* Rule 4. */
static void gather(struct fold *fold, enum event_trust trust)
{
    struct said submitted = {.at = NO_TIME};
    struct said accepted = {.at = NO_TIME};
    fold->transition_count = 0;
    fold->run_count = 0;
    for (size_t i = 0; i < fold->receipt_count; i++) {
        const struct event *event = fold->receipts[i];
        if (event->trust != trust)
            continue;
        struct said said = {event->ingested_at, event->ingested_at, event->event_id};
        if (event->kind == EVENT_PROGRESS) {
            said.at = event->occurred_at;
            push(fold, transition_of(said, event->status, event->time_basis, ROLE_PLAIN));
        } else if (event->kind == EVENT_STATUS) {
            push(fold, transition_of(said, event->status, BASIS_INGEST, ROLE_PLAIN));
        } else if (event->kind == EVENT_RECORD) {
            int32_t status = record_status(event);
            if (status != STATUS_NONE)
                run_add(fold, event, status);
            say(&submitted, event->submitted_at, event);
            if (event->status != STATUS_REGISTERED && event->status != STATUS_REFUSED)
                say(&accepted, event->accepted_at, event);
        }
    }
    if (fold->transition_count == 0)
        pile_runs(fold);
    else if (fold->run_count > 0)
        overrule_rows(fold);
    if (submitted.at != NO_TIME)
        push(fold, transition_of(submitted, STATUS_REGISTERED, BASIS_SOURCE, ROLE_START));
    if (accepted.at != NO_TIME)
        push(fold, transition_of(accepted, STATUS_ACCEPTED, BASIS_SOURCE, ROLE_START));
}

static int transition_compare(const void *left, const void *right)
{
    const struct transition *a = left;
    const struct transition *b = right;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    int order = status_rank(a->status) - status_rank(b->status);
    if (order)
        return order;
    if (a->known_at != b->known_at)
        return a->known_at < b->known_at ? -1 : 1;
    order = memcmp(a->event_id, b->event_id, EVENT_ID_SIZE);
    return order ? order : (int)a->role - (int)b->role;
}

/* Whether rule 5 skips the transition: it comes too late to be the beginning that it tells of. */
static bool skipped(const struct transition *t, const struct interval *last)
{
    if (t->status != STATUS_REGISTERED && t->role != ROLE_START)
        return false;
    if (!last || last->phase == PHASE_WAITING)
        return false;
    return last->status != STATUS_REFUSED || t->role == ROLE_START;
}

static void timeline_restart(struct timeline *timeline, const struct transition *t)
{
    timeline->status = t->status;
    timeline->status_at = t->at;
    timeline->status_basis = t->basis;
    timeline->returned_at = NO_TIME;
}

static void timeline_join(struct timeline *timeline, struct interval *last,
                          const struct transition *t)
{
    if (t->role == ROLE_ENDING && last->phase == PHASE_ENDED && t->at > last->from_at) {
        if (timeline->interval_count > 1)
            last[-1].to_at = t->at;
        last->from_at = t->at;
        last->known_at = t->known_at;
        last->basis = t->basis;
        timeline_restart(timeline, t);
    } else if (t->status != timeline->status) {
        timeline->status = t->status;
        timeline->status_at = t->at;
        timeline->status_basis = t->basis;
    }
    last->status = t->status;
}

/* Rule 5 for one transition. */
static void timeline_take(struct fold *fold, struct timeline *timeline, enum phase phase,
                          const struct transition *t)
{
    size_t count = timeline->interval_count;
    struct interval *last = count ? &fold->intervals[count - 1] : NULL;
    bool same = last && last->phase == phase &&
                (phase != PHASE_ENDED || status_group(last->status) == status_group(t->status));
    if (same) {
        timeline_join(timeline, last, t);
    } else {
        if (last)
            last->to_at = t->at;
        last = &fold->intervals[timeline->interval_count++];
        *last = (struct interval){
            .phase = phase,
            .status = t->status,
            .from_at = t->at,
            .to_at = NO_TIME,
            .due_at = NO_TIME,
            .known_at = t->known_at,
            .basis = t->basis,
        };
        timeline_restart(timeline, t);
    }
    if (phase == PHASE_PAUSED && t->status == STATUS_SUPPLEMENT)
        last->supplement = true;
    if (t->status == STATUS_RETURNED && timeline->returned_at == NO_TIME)
        timeline->returned_at = t->at;
}

void timeline_build(struct fold *fold, const struct fold_rules *rules, enum event_trust trust,
                    struct timeline *ret)
{
    *ret = (struct timeline){
        .status_at = NO_TIME,
        .first_registered_at = NO_TIME,
        .first_accepted_at = NO_TIME,
        .returned_at = NO_TIME,
    };
    gather(fold, trust);
    FOLD_SORT(fold->transitions, fold->transition_count, transition_compare);
    for (size_t i = 0; i < fold->transition_count; i++) {
        const struct transition *t = &fold->transitions[i];
        const struct interval *last =
            ret->interval_count ? &fold->intervals[ret->interval_count - 1] : NULL;
        if (skipped(t, last))
            continue;
        enum phase phase = phase_of_status(rules, t->status);
        timeline_take(fold, ret, phase, t);
        if (t->status == STATUS_REGISTERED && ret->first_registered_at == NO_TIME)
            ret->first_registered_at = t->at;
        if ((phase == PHASE_RUNNING || status_group(t->status) == STATUS_DONE) &&
            ret->first_accepted_at == NO_TIME)
            ret->first_accepted_at = t->at;
    }
    fold->interval_count = ret->interval_count;
}
