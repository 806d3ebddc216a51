#include "ingest/map_avro.h"

#include <stdio.h>

#include "base/text.h"
#include "ingest/identity.h"
#include "ingest/row.h"
#include "ingest/secret.h"

static int refuse(struct refusal *ret, enum refusal_code code, const char *field)
{
    ret->code = code;
    snprintf(ret->field, sizeof ret->field, "%s", field);
    return MAP_REFUSED;
}

static int check_dossier_code(struct str code, const char *field, struct refusal *ret)
{
    char normal[CODE_MAX];
    struct str same;
    if (!str_given(code))
        return 0;
    if (code.len > CODE_MAX)
        return refuse(ret, REFUSAL_TOO_LONG, field);
    /* In normal form already: two forms of one code would be two dossiers. */
    if (!text_is_code(code) || !text_nfc(code, normal, sizeof normal, &same) || !str_eq(code, same))
        return refuse(ret, REFUSAL_BAD_CODE, field);
    return 0;
}

static int check_text(const struct event *event, struct refusal *ret)
{
    const struct {
        struct str code;
        const char *field;
        bool agency;
    } codes[] = {
        {event->procedure_code, "procedure_code", false},
        {event->field_code, "field_code", false},
        {event->deciding_unit, "deciding_unit", false},
        {event->late_reason, "late_reason", false},
        {event->deciding_agency, "deciding_agency", true},
        {event->receiving_agency, "receiving_agency", true},
        {event->transfer_from, "transfer_from", true},
        {event->transfer_to, "transfer_to", true},
    };
    int result = check_dossier_code(event->dossier_code, "dossier_code", ret);
    if (!result)
        result = check_dossier_code(event->alternative_code, "alternative_code", ret);
    if (!result)
        result = check_dossier_code(event->alias_of, "alias_of", ret);
    for (size_t i = 0; !result && i < sizeof codes / sizeof *codes; i++) {
        struct str code = codes[i].code;
        if (!str_given(code))
            continue;
        if (code.len > CODE_MAX)
            result = refuse(ret, REFUSAL_TOO_LONG, codes[i].field);
        else if (codes[i].agency ? !is_agency_code(code) : !is_plain_code(code))
            result = refuse(ret, REFUSAL_BAD_CODE, codes[i].field);
    }
    return result;
}

/* What has happened cannot lie ahead; the rule of row_past_time. *ahead_at: the furthest that is only flagged. */
static int check_times(struct event *event, int64_t *ahead_at, struct refusal *ret)
{
    const struct {
        int64_t *at;
        const char *field;
    } times[] = {{&event->occurred_at, "occurred_at"}, {&event->submitted_at, "submitted_at"},
                 {&event->accepted_at, "accepted_at"}, {&event->ended_at, "ended_at"},
                 {&event->returned_at, "returned_at"}, {&event->refused_at, "refused_at"}};
    int64_t now = event->ingested_at;
    *ahead_at = NO_TIME;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t at = *times[i].at;
        if (at == NO_TIME || at <= now + AHEAD_ACCEPTED_MS)
            continue;
        if (at > now + AHEAD_FLAGGED_MS)
            return refuse(ret, REFUSAL_TOO_FAR_AHEAD, times[i].field);
        if (at > *ahead_at)
            *ahead_at = at;
        *times[i].at = now;
    }
    return 0;
}

int map_avro(const struct map_input *input, const struct codec *codec, struct str body,
             struct mapped *out, struct refusal *ret)
{
    struct event *event = &out->events[0];
    int64_t ahead_at;
    *ret = (struct refusal){.code = REFUSAL_NONE};
    out->count = 0;
    out->scratch_used = 0;
    if (codec_read(codec, body.data, body.len, event, NULL) != CODEC_OK)
        return refuse(ret, REFUSAL_BAD_AVRO, "");
    if (secret_is_listed(input->source, event->procedure_code))
        return refuse(ret, REFUSAL_SECRET, "procedure_code");
    if (!str_given(event->dossier_code))
        return refuse(ret, REFUSAL_MISSING, "dossier_code");
    event->ingested_at = input->ingested_at;
    int result = check_text(event, ret);
    if (!result)
        result = check_times(event, &ahead_at, ret);
    if (result)
        return result;

    char their_id[EVENT_ID_SIZE];
    memcpy(their_id, event->event_id, EVENT_ID_SIZE);
    bool dated = event->time_basis == BASIS_SOURCE && ahead_at == NO_TIME;
    event->source = input->source->name;
    event->trust = input->source->trust;
    event->occurred_original_at = ahead_at;
    event->time_basis = dated ? BASIS_SOURCE : BASIS_INGEST;
    event->occurred_at = dated ? event->occurred_at : event->ingested_at;
    event->officer = identity_officer(input, event->officer, out->officer);
    const struct str parts[] = {event->dossier_code, {their_id, EVENT_ID_SIZE}};
    identity_set(input, event, parts, sizeof parts / sizeof *parts);
    if (event_validate(event, NULL) != 0)
        return refuse(ret, REFUSAL_BAD_VALUE, "");
    out->count = 1;
    return 0;
}
