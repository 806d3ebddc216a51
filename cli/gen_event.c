/* A life as the events that ingest would make of what is sent about it: field for field, but for what only senders know. */
#include "gen.h"

#include <stdio.h>

#include "base/hash.h"

/* Of ids that nobody has to keep secret: the dossiers are made up. */
static const struct str id_key = {"hoso gen", 8};

static size_t record_times(const struct gen_life *life, int64_t *out)
{
    size_t count = 0;
    const int64_t times[] = {life->submitted_at, life->accepted_at, life->supplement_asked_at,
                             life->supplement_given_at, life->steps[life->step_count - 1].at};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (times[i] != NO_TIME && (count == 0 || times[i] > out[count - 1]))
            out[count++] = times[i];
    }
    return count;
}

static size_t put(struct gen_said *out, size_t count, enum gen_said_kind kind, size_t index,
                  int64_t at)
{
    if (at == NO_TIME)
        return count;
    out[count] = (struct gen_said){.kind = (uint8_t)kind, .index = (uint8_t)index, .at = at};
    return count + 1;
}

size_t gen_said_list(const struct gen_life *life, struct gen_said *out)
{
    int64_t times[5];
    size_t records = record_times(life, times);
    size_t last = life->step_count - 1;
    /* The two without which a dossier would be nobody's, or would never end. */
    size_t count = put(out, 0, SAID_RECORD, records > 2 ? 1 : 0, times[records > 2 ? 1 : 0]);
    count = put(out, count, SAID_STEP, last, life->steps[last].at);
    for (size_t i = 0; i < records; i++) {
        if (i != out[0].index)
            count = put(out, count, SAID_RECORD, i, times[i]);
    }
    for (size_t i = 0; i < last; i++)
        count = put(out, count, SAID_STEP, i, life->steps[i].at);
    for (size_t i = 0; i < NATIVE_COUNT; i++)
        count = put(out, count, SAID_NATIVE, i, gen_native_at(life, (enum gen_native)i));
    if (life->supplement_due_at != NO_TIME)
        count = put(out, count, SAID_SUPPLEMENT, 0, life->supplement_given_at);
    return count;
}

/* A milestone that has come by `now`. */
static int64_t known(int64_t at, int64_t now)
{
    return at <= now ? at : NO_TIME; /* NO_TIME is before all times */
}

static enum tri tri_of(bool yes)
{
    return yes ? TRI_YES : TRI_NO;
}

static enum subject subject_of(const struct gen_procedure *procedure)
{
    return procedure->subject[0] == '2' ? SUBJECT_BUSINESS : SUBJECT_CITIZEN;
}

static void fill_payment(const struct gen_life *life, int64_t now, struct event *event)
{
    bool paid = known(life->paid_at, now) != NO_TIME;
    bool online = life->channel == CHANNEL_ONLINE && life->paid_at != NO_TIME;
    event->fee_due = tri_of(life->procedure->fee);
    event->paid_online = tri_of(online && paid);
    if (paid)
        event->paid = TRI_YES;
    else if (online)
        event->paid = TRI_NO;
}

static void fill_record(const struct gen_life *life, int64_t now, struct event *event)
{
    event->kind = EVENT_RECORD;
    event->procedure_code = str_of(life->procedure->code);
    event->field_code = str_of(life->procedure->field_code);
    event->deciding_agency = str_of(gen_decider(life, now)->agency);
    event->receiving_agency = str_of(life->received_by->agency);
    event->channel = life->channel;
    event->subject = subject_of(life->procedure);
    event->online_level = life->channel == CHANNEL_ONLINE ? LEVEL_FULL : LEVEL_PARTIAL;
    event->non_territorial = tri_of(life->non_territorial);
    event->digitised = tri_of(life->digitised);
    event->submitted_at = known(life->submitted_at, now);
    event->accepted_at = known(life->accepted_at, now);
    event->ended_at = known(life->ended_at, now);
    event->returned_at = known(life->returned_at, now);
    event->refused_at = known(life->refused_at, now);
    event->due_at = event->accepted_at != NO_TIME ? gen_due_known(life, now) : NO_TIME;
    event->status = gen_status_known(life, now);
    fill_payment(life, now, event);
}

static void fill_step(const struct gen_step *step, struct gen_event_text *text, struct event *event)
{
    uint8_t digest[HASH_SIZE];
    char name[32];
    const struct str parts[] = {
        {name, (size_t)snprintf(name, sizeof name, "CAN BO THU NGHIEM %02u", step->officer)}};
    hash_hmac_parts(id_key, parts, 1, digest);
    memcpy(text->officer, digest, EVENT_ID_SIZE);
    event->kind = EVENT_PROGRESS;
    event->status = step->status;
    event->step_due_at = step->due_at;
    event->officer = (struct str){text->officer, EVENT_ID_SIZE};
}

static void fill_native(const struct gen_life *life, enum gen_native native, struct event *event)
{
    static const enum event_kind kinds[NATIVE_COUNT] = {
        EVENT_TRANSFERRED, EVENT_DUE_CHANGED, EVENT_PAID, EVENT_APOLOGY_SENT, EVENT_RATED};
    event->kind = kinds[native];
    switch (native) {
    case NATIVE_TRANSFERRED:
        event->transfer_from = str_of(life->received_by->agency);
        event->transfer_to = str_of(life->decided_by->agency);
        break;
    case NATIVE_DUE_CHANGED:
        event->due_before_at = life->due_at;
        event->due_at = life->due_changed_to_at;
        event->due_reason = life->due_reason;
        break;
    case NATIVE_PAID: event->paid = event->paid_online = TRI_YES; break;
    case NATIVE_RATED: event->rating = life->rating; break;
    default: event->apology_sent = TRI_YES;
    }
}

static void fill_supplement(const struct gen_life *life, struct event *event)
{
    event->kind = EVENT_DUE_CHANGED;
    event->due_before_at = life->due_at;
    event->due_at = life->supplement_due_at;
    event->due_reason = DUE_SUPPLEMENT;
}

static void identify(const struct gen_said *said, struct event *event)
{
    uint8_t digest[HASH_SIZE];
    const char place[] = {(char)('A' + said->kind), (char)('A' + said->index)};
    const struct str parts[] = {event->source, event->dossier_code, {place, sizeof place}};
    hash_hmac_parts(id_key, parts, sizeof parts / sizeof *parts, digest);
    memcpy(event->event_id, digest, EVENT_ID_SIZE);
}

void gen_event_of(const struct gen *gen, const struct gen_said *said, struct gen_event_text *text,
                  struct event *ret)
{
    const struct gen_life *life = &gen->lives[said->life];
    *ret = event_empty();
    ret->source = STR("gen");
    ret->trust = TRUST_LOCAL;
    ret->dossier_code = str_of(life->code);
    ret->occurred_at = said->at;
    ret->ingested_at = said->ingested_at;
    switch ((enum gen_said_kind)said->kind) {
    case SAID_RECORD: fill_record(life, said->at, ret); break;
    case SAID_STEP: fill_step(&life->steps[said->index], text, ret); break;
    case SAID_NATIVE: fill_native(life, (enum gen_native)said->index, ret); break;
    case SAID_SUPPLEMENT: fill_supplement(life, ret); break;
    }
    identify(said, ret);
}
