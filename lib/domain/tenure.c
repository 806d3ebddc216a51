#include "domain/tenure.h"

struct tenures {
    struct tenure *out;
    size_t count;
};

static struct tenure *last_of(const struct tenures *list)
{
    return list->count ? &list->out[list->count - 1] : NULL;
}

static bool holds(const struct tenures *list, struct str agency)
{
    const struct tenure *last = last_of(list);
    return last && str_eq(last->agency, agency);
}

/* Ends the tenure that lasts, at a time that may be unknown, and begins another. */
static void pass_to(struct tenures *list, struct str agency, int64_t at, int64_t known_at)
{
    struct tenure *last = last_of(list);
    if (last && last->to_at == NO_TIME)
        last->to_at = at;
    list->out[list->count++] =
        (struct tenure){.agency = agency, .from_at = at, .to_at = NO_TIME, .known_at = known_at};
}

static int64_t begun_at(const struct dossier *folded)
{
    return folded->submitted_at != NO_TIME ? folded->submitted_at : folded->accepted_at;
}

static const struct event *first_record(const struct event *const *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i]->kind == EVENT_RECORD && str_given(events[i]->deciding_agency))
            return events[i];
    }
    return NULL;
}

static void take_transfer(struct tenures *list, const struct event *transfer)
{
    struct str from = transfer->transfer_from;
    if (str_given(from) && !holds(list, from) && !str_eq(from, transfer->transfer_to))
        pass_to(list, from, NO_TIME, NO_TIME);
    if (!holds(list, transfer->transfer_to))
        pass_to(list, transfer->transfer_to, transfer->occurred_at, transfer->ingested_at);
}

/* Whether this event has been received before, among events[0..index). */
static bool came_before(const struct event *const *events, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (memcmp(events[i]->event_id, events[index]->event_id, EVENT_ID_SIZE) == 0)
            return true;
    }
    return false;
}

/* Who held it before the first transfer: as that one says, else the first record. */
static void begin(struct tenures *list, const struct event *record, const struct event *transfer,
                  const struct dossier *folded)
{
    if (transfer && str_given(transfer->transfer_from))
        pass_to(list, transfer->transfer_from, begun_at(folded), NO_TIME);
    else if (record)
        pass_to(list, record->deciding_agency, begun_at(folded), record->ingested_at);
}

void tenures_of(const struct event *const *events, size_t count, const struct dossier *folded,
                struct tenure *out, size_t *ret_count)
{
    struct tenures list = {.out = out};
    const struct event *record = first_record(events, count);
    bool begun = false;
    for (size_t i = 0; i < count; i++) {
        if (events[i]->kind != EVENT_TRANSFERRED || came_before(events, i))
            continue;
        if (!begun)
            begin(&list, record, events[i], folded);
        begun = true;
        take_transfer(&list, events[i]);
    }
    if (!begun)
        begin(&list, record, NULL, folded);
    if (str_given(folded->deciding_agency) && !holds(&list, folded->deciding_agency))
        pass_to(&list, folded->deciding_agency, NO_TIME, folded->last_ingested_at);
    *ret_count = list.count;
}
