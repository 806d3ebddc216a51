#include "domain/as_of.h"

#include <stdlib.h>

struct as_of {
    struct fold *fold;
    const struct event **known; /* in receipt order */
    size_t known_count;
    struct event *cut; /* what is left of them: copies, so that fields can be taken out */
    const struct event **left;
    size_t left_count;
    size_t capacity;
};

struct as_of *as_of_new(void)
{
    struct as_of *as_of = calloc(1, sizeof *as_of);
    if (!as_of)
        return NULL;
    as_of->fold = fold_new();
    return as_of->fold ? as_of : as_of_free(as_of);
}

struct as_of *as_of_free(struct as_of *as_of)
{
    if (!as_of)
        return NULL;
    fold_free(as_of->fold);
    free(as_of->known);
    free(as_of->cut);
    free(as_of->left);
    free(as_of);
    return NULL;
}

static int reserve(struct as_of *as_of, size_t count)
{
    if (count <= as_of->capacity)
        return 0;
    size_t wanted = count * 2;
    const struct event **known = realloc(as_of->known, wanted * sizeof *known);
    if (known)
        as_of->known = known;
    struct event *cut = realloc(as_of->cut, wanted * sizeof *cut);
    if (cut)
        as_of->cut = cut;
    const struct event **left = realloc(as_of->left, wanted * sizeof *left);
    if (left)
        as_of->left = left;
    if (!known || !cut || !left)
        return ERR_NOMEM;
    as_of->capacity = wanted;
    return 0;
}

static int compare_receipts(const void *left, const void *right)
{
    const struct event *a = *(const struct event *const *)left;
    const struct event *b = *(const struct event *const *)right;
    if (a->ingested_at != b->ingested_at)
        return a->ingested_at < b->ingested_at ? -1 : 1;
    int rank = status_rank(a->status) - status_rank(b->status);
    return rank ? rank : memcmp(a->event_id, b->event_id, EVENT_ID_SIZE);
}

/* Rule 1. */
static void keep_known(struct as_of *as_of, const struct event *const *events, size_t count,
                       int64_t known_at)
{
    as_of->known_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i]->ingested_at <= known_at)
            as_of->known[as_of->known_count++] = events[i];
    }
    if (as_of->known_count > 0)
        qsort(as_of->known, as_of->known_count, sizeof *as_of->known, compare_receipts);
}

static bool before(int64_t at, int64_t limit)
{
    return at != NO_TIME && at < limit;
}

/* ---- records (4 b) ---- */

/* The date of what a record's own status says; NO_TIME = it has none. */
static int64_t status_date(const struct event *record)
{
    switch (record->status) {
    case STATUS_REFUSED:
        return record->refused_at != NO_TIME ? record->refused_at : record->ended_at;
    case STATUS_WITHDRAWN:
    case STATUS_STOPPED:
    case STATUS_DONE: return record->ended_at;
    case STATUS_RETURNED:
        return record->ended_at != NO_TIME ? record->ended_at : record->returned_at;
    default: return NO_TIME;
    }
}

static int32_t status_before(const struct event *record, int64_t limit)
{
    int64_t date = status_date(record);
    if (date == NO_TIME)
        return record->ingested_at < limit ? record->status : STATUS_NONE;
    if (date >= limit)
        return STATUS_NONE;
    bool returned_later = record->returned_at != NO_TIME && record->returned_at >= limit;
    return record->status == STATUS_RETURNED && returned_later ? STATUS_DONE : record->status;
}

static void cut_milestones(struct event *record, int64_t limit)
{
    int64_t *milestones[] = {&record->submitted_at, &record->accepted_at, &record->ended_at,
                             &record->returned_at, &record->refused_at};
    record->status = status_before(record, limit);
    for (size_t i = 0; i < sizeof milestones / sizeof *milestones; i++) {
        if (*milestones[i] != NO_TIME && *milestones[i] >= limit)
            *milestones[i] = NO_TIME;
    }
}

/* Which undated fields have been given by records so far. */
struct given {
    bool any; /* a record before T */
    bool texts[6];
    bool unit;
    bool channel;
    bool subject;
    bool online_level;
    bool tris[3];  /* that describe */
    bool facts[3]; /* that happen */
};

struct undated {
    struct str *texts[6];
    enum tri *tris[3];
    enum tri *facts[3];
};

static struct undated undated_of(struct event *record)
{
    return (struct undated){
        .texts = {&record->alternative_code, &record->procedure_code, &record->field_code,
                  &record->deciding_agency, &record->receiving_agency, &record->late_reason},
        .tris = {&record->non_territorial, &record->fee_due, &record->digitised},
        .facts = {&record->paid, &record->paid_online, &record->apology_sent},
    };
}

/* Takes away what an earlier record has given (`taken` set), and notes what this one gives. */
static void take_turns(struct event *record, struct given *given, bool after)
{
    struct undated undated = undated_of(record);
    bool knows_facts = after && given->any;
    bool has_agency = given->texts[3];
    for (size_t i = 0; i < 6; i++) {
        if (after && given->texts[i])
            *undated.texts[i] = STR_NONE;
        given->texts[i] |= str_given(*undated.texts[i]);
    }
    if (after && (has_agency || given->unit))
        record->deciding_unit = STR_NONE;
    given->unit |= str_given(record->deciding_unit);
    if (after && given->channel)
        record->channel = CHANNEL_UNKNOWN;
    given->channel |= record->channel != CHANNEL_UNKNOWN;
    if (after && given->subject)
        record->subject = SUBJECT_UNKNOWN;
    given->subject |= record->subject != SUBJECT_UNKNOWN;
    if (after && given->online_level)
        record->online_level = LEVEL_UNKNOWN;
    given->online_level |= record->online_level != LEVEL_UNKNOWN;
    for (size_t i = 0; i < 3; i++) {
        if (after && given->tris[i])
            *undated.tris[i] = TRI_UNKNOWN;
        given->tris[i] |= *undated.tris[i] != TRI_UNKNOWN;
        if (knows_facts || (after && given->facts[i]))
            *undated.facts[i] = TRI_UNKNOWN;
        given->facts[i] |= *undated.facts[i] != TRI_UNKNOWN;
    }
    given->any |= !after;
}

/* ---- due dates (4 c) ---- */

static int64_t statement_at(const struct event *event)
{
    if (event->kind == EVENT_RECORD || event->ingested_at < event->occurred_at)
        return event->ingested_at;
    return event->occurred_at;
}

static bool is_statement(const struct event *event)
{
    return event->kind == EVENT_DUE_CHANGED ||
           (event->kind == EVENT_RECORD && event->due_at != NO_TIME);
}

/* Does a come before b as a statement? Both in receipt order already where the rest is equal. */
static bool states_earlier(const struct event *a, const struct event *b)
{
    if (a->trust != b->trust)
        return a->trust == TRUST_LOCAL;
    if (statement_at(a) != statement_at(b))
        return statement_at(a) < statement_at(b);
    return a->kind == EVENT_DUE_CHANGED && b->kind == EVENT_RECORD;
}

/* The statement that counts although it is not before T; NULL when one is. */
static const struct event *first_statement(const struct as_of *as_of, int64_t limit)
{
    const struct event *first = NULL;
    for (size_t i = 0; i < as_of->known_count; i++) {
        const struct event *event = as_of->known[i];
        if (!is_statement(event))
            continue;
        if (statement_at(event) < limit)
            return NULL;
        if (!first || states_earlier(event, first))
            first = event;
    }
    return first;
}

static bool cut_due_changed(struct event *event, bool reaches_back, int64_t limit)
{
    if (statement_at(event) < limit)
        return true;
    if (reaches_back && event->due_before_at != NO_TIME) {
        event->due_at = event->due_before_at;
        event->due_before_at = NO_TIME;
    }
    return reaches_back;
}

/* ---- all ---- */

static void cut_record(struct event *record, struct given *given, bool reaches_back, int64_t limit)
{
    bool after = record->ingested_at >= limit;
    cut_milestones(record, limit);
    take_turns(record, given, after);
    if (after && !reaches_back)
        record->due_at = NO_TIME;
}

/* Rule 4. */
static void cut_events(struct as_of *as_of, int64_t limit)
{
    struct given given = {.any = false};
    const struct event *reaching = first_statement(as_of, limit);
    as_of->left_count = 0;
    for (size_t i = 0; i < as_of->known_count; i++) {
        struct event *event = &as_of->cut[as_of->left_count];
        *event = *as_of->known[i];
        bool kept = true;
        switch (event->kind) {
        case EVENT_ALIAS:
        case EVENT_ERASED: break;
        case EVENT_RECORD: cut_record(event, &given, as_of->known[i] == reaching, limit); break;
        case EVENT_DUE_CHANGED:
            kept = cut_due_changed(event, as_of->known[i] == reaching, limit);
            break;
        default: kept = event->occurred_at < limit;
        }
        if (kept)
            as_of->left[as_of->left_count++] = event;
    }
}

int as_of_run(struct as_of *as_of, const struct fold_rules *rules,
              const struct event *const *events, size_t count, int64_t before_at, int64_t known_at,
              struct dossier *ret)
{
    struct dossier whole;
    if (reserve(as_of, count) < 0)
        return ERR_NOMEM;
    keep_known(as_of, events, count, known_at);
    if (as_of->known_count == 0)
        return AS_OF_NOTHING;
    if (fold_run(as_of->fold, rules, as_of->known, as_of->known_count, &whole) < 0)
        return ERR_NOMEM;
    if (whole.erased || str_given(whole.alias_of)) {
        *ret = whole;
        return AS_OF_FOUND;
    }
    cut_events(as_of, before_at);
    struct dossier dossier;
    if (fold_run(as_of->fold, rules, as_of->left, as_of->left_count, &dossier) < 0)
        return ERR_NOMEM;
    if (!before(whole.submitted_at, before_at) && !before(whole.accepted_at, before_at) &&
        dossier.rating == 0)
        return AS_OF_NOTHING;
    dossier.submitted_at = before(whole.submitted_at, before_at) ? whole.submitted_at : NO_TIME;
    dossier.accepted_at = before(whole.accepted_at, before_at) ? whole.accepted_at : NO_TIME;
    dossier.first_ingested_at = whole.first_ingested_at;
    dossier.last_ingested_at = whole.last_ingested_at;
    *ret = dossier;
    return AS_OF_FOUND;
}
