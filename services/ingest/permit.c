#include "ingest/permit.h"

#include <stdio.h>

#include "ingest/row.h"

static bool refuse(struct refusal *ret, const char *field)
{
    ret->code = REFUSAL_NOT_ALLOWED;
    snprintf(ret->field, sizeof ret->field, "%s", field);
    return false;
}

bool permit_row(const struct key *key, const struct map_input *input, const struct mapped *mapped,
                struct refusal *ret)
{
    const struct event *event = &mapped->events[0]; /* the row's own; the others are derived */
    if (!(key->kinds & 1u << event->kind))
        return refuse(ret, "kind");
    if (!str_given(key->units))
        return true;
    struct str in_code = agency_in_code(event->dossier_code);
    if (!str_given(in_code) && !str_given(event->deciding_agency) &&
        !str_given(event->transfer_from))
        return key_allows_agency(key, input->agency) ? true : refuse(ret, "madonvi");
    if (str_given(in_code) && !key_allows_agency(key, in_code))
        return refuse(ret, "MaHoSo");
    if (str_given(event->deciding_agency) && !key_allows_agency(key, event->deciding_agency))
        return refuse(ret, "DonViXuLy");
    if (str_given(event->transfer_from) && !key_allows_agency(key, event->transfer_from))
        return refuse(ret, "transfer_from");
    return true;
}
