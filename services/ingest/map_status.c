#include "ingest/map_status.h"

#include "ingest/identity.h"
#include "ingest/row.h"
#include "ingest/secret.h"

int map_status(const struct map_input *input, const struct json *json, struct mapped *out,
               struct refusal *ret)
{
    static const char status_field[] = "TrangThai";
    struct row row = row_begin(input, json, out, ret);
    if (secret_refuse(&row))
        return row_end(&row);
    struct str code = row_own_code(&row, "MaHoSo");
    int32_t status = row_status(&row, status_field);
    if (status == STATUS_NONE)
        row_refuse(&row, REFUSAL_MISSING, status_field);
    if (row_refused(&row))
        return row_end(&row);
    struct event *event = row_add_event(&row, EVENT_STATUS, code);
    event->status = status;
    row_set_occurred(&row, event, NO_TIME);
    char status_text = (char)('0' + status); /* ':' for 10: any distinct byte will do */
    const struct str parts[] = {code, (struct str){&status_text, 1}};
    identity_set(input, event, parts, sizeof parts / sizeof *parts);
    return row_end(&row);
}
