#include "ingest/map_progress.h"

#include "ingest/identity.h"
#include "ingest/row.h"
#include "ingest/secret.h"

int map_progress(const struct map_input *input, const struct json *json, struct mapped *out,
                 struct refusal *ret)
{
    static const char time_field[] = "ThoiDiemXuLy";
    struct row row = row_begin(input, json, out, ret);
    if (secret_refuse(&row))
        return row_end(&row);
    struct str code = row_own_code(&row, "MaHoSo");
    int64_t at = row_past_time(&row, time_field);
    int32_t status = row_status(&row, "TrangThai");
    int64_t step_due_at = row_time(&row, "NgayKetThucTheoQuyDinh");
    struct str officer = row_text(&row, "NguoiXuLy");
    if (at == NO_TIME)
        row_refuse(&row, REFUSAL_MISSING, time_field);
    if (row_refused(&row))
        return row_end(&row);

    struct event *event = row_add_event(&row, EVENT_PROGRESS, code);
    event->status = status == STATUS_NONE ? STATUS_PROCESSING : status;
    event->step_due_at = step_due_at;
    event->officer = identity_officer(input, officer, out->officer);
    row_set_occurred(&row, event, at);

    char texts[2][IDENTITY_TIME_SIZE];
    int64_t said_at = row.ahead_at != NO_TIME ? row.ahead_at : at;
    char status_text = (char)('0' + event->status); /* ':' for 10: any distinct byte will do */
    const struct str parts[] = {code, identity_time(said_at, texts[0]),
                                (struct str){&status_text, 1}, officer,
                                identity_time(step_due_at, texts[1])};
    identity_set(input, event, parts, sizeof parts / sizeof *parts);
    return row_end(&row);
}
