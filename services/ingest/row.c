#include "ingest/row.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

struct row row_begin(const struct map_input *input, const struct json *object, struct mapped *out,
                     struct refusal *refusal)
{
    struct row row = {
        .input = input, .out = out, .refusal = refusal, .object = object, .ahead_at = NO_TIME};
    *refusal = (struct refusal){.code = REFUSAL_NONE};
    out->count = 0;
    out->scratch_used = 0;
    if (json_kind_of(object) != JSON_OBJECT_)
        row_refuse(&row, REFUSAL_NOT_OBJECT, "");
    return row;
}

struct row row_part(const struct row *row, const char *field, size_t index,
                    const struct json *object)
{
    struct row part = *row;
    part.object = object;
    part.ahead_at = NO_TIME;
    snprintf(part.prefix, sizeof part.prefix, "%s[%zu]", field, index);
    if (json_kind_of(object) != JSON_OBJECT_)
        row_refuse(&part, REFUSAL_BAD_TYPE, "");
    return part;
}

bool row_refused(const struct row *row)
{
    return row->refusal->code != REFUSAL_NONE;
}

void row_refuse(struct row *row, enum refusal_code code, const char *field)
{
    if (row_refused(row))
        return;
    row->refusal->code = code;
    snprintf(row->refusal->field, sizeof row->refusal->field, "%s%s%s", row->prefix,
             *row->prefix && *field ? "." : "", field);
}

int row_end(struct row *row)
{
    for (size_t i = 0; !row_refused(row) && i < row->out->count; i++) {
        if (event_validate(&row->out->events[i], NULL) != 0)
            row_refuse(row, REFUSAL_BAD_VALUE, "");
    }
    return row_refused(row) ? MAP_REFUSED : 0;
}

struct event *row_add_event(struct row *row, enum event_kind kind, struct str dossier_code)
{
    struct event *event = &row->out->events[row->out->count++];
    *event = event_empty();
    event->kind = kind;
    event->source = row->input->source->name;
    event->trust = row->input->source->trust;
    event->ingested_at = row->input->ingested_at;
    event->dossier_code = dossier_code;
    return event;
}

void row_set_occurred(const struct row *row, struct event *event, int64_t at)
{
    bool ahead = row->ahead_at != NO_TIME;
    bool dated = at != NO_TIME && !ahead;
    event->occurred_at = dated ? at : event->ingested_at;
    event->time_basis = dated ? BASIS_SOURCE : BASIS_INGEST;
    event->occurred_original_at = row->ahead_at;
}

/* Room for text that must outlive its making; NULL and a refusal when the row has used it up. */
static char *row_keep(struct row *row, size_t size, const char *field)
{
    struct mapped *out = row->out;
    if (size > sizeof out->scratch - out->scratch_used) {
        row_refuse(row, REFUSAL_TOO_LONG, field);
        return NULL;
    }
    char *room = out->scratch + out->scratch_used;
    out->scratch_used += size;
    return room;
}

struct str row_text(struct row *row, const char *field)
{
    enum { NUMBER_SIZE = 24 };
    if (row_refused(row))
        return STR_NONE;
    const struct json *value = json_get(row->object, field);
    int64_t number;
    bool yes;
    char *room;
    switch (json_kind_of(value)) {
    case JSON_NULL_: return STR_NONE;
    case JSON_STRING_: return text_trim(json_text(value));
    case JSON_BOOL: json_to_bool(value, &yes); return yes ? STR("1") : STR("0");
    case JSON_INTEGER_:
        json_to_integer(value, &number);
        room = row_keep(row, NUMBER_SIZE, field);
        if (room)
            return (struct str){room, (size_t)snprintf(room, NUMBER_SIZE, "%" PRId64, number)};
        return STR_NONE;
    default: row_refuse(row, REFUSAL_BAD_TYPE, field); return STR_NONE;
    }
}

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-' || c == '/';
}

/*
 * An identity number has 9 or 12 digits, a phone number 10. No code of an agency, unit, procedure or field has so many in a row, so
 * one that does is a person's number in the wrong field.
 */
static bool holds_personal_number(struct str text)
{
    enum { DIGITS = 9 };
    size_t digits = 0;
    for (size_t i = 0; i < text.len && digits < DIGITS; i++)
        digits = text.data[i] >= '0' && text.data[i] <= '9' ? digits + 1 : 0;
    return digits == DIGITS;
}

bool is_plain_code(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_plain(text.data[i]))
            return false;
    }
    return str_given(text) && !holds_personal_number(text);
}

struct str row_code(struct row *row, const char *field)
{
    struct str text = row_text(row, field);
    if (text.len > CODE_MAX)
        row_refuse(row, REFUSAL_TOO_LONG, field);
    if (str_given(text) && !is_plain_code(text))
        row_refuse(row, REFUSAL_BAD_CODE, field);
    return row_refused(row) ? STR_NONE : text;
}

struct str row_dossier_code(struct row *row, const char *field)
{
    struct str text = row_text(row, field);
    if (!str_given(text))
        return STR_NONE;
    char normal[CODE_MAX];
    struct str code;
    if (!text_is_code(text)) {
        row_refuse(row, REFUSAL_BAD_CODE, field);
        return STR_NONE;
    }
    if (!text_nfc(text, normal, sizeof normal, &code)) {
        row_refuse(row, REFUSAL_TOO_LONG, field);
        return STR_NONE;
    }
    if (code.data == text.data)
        return code;
    char *room = row_keep(row, code.len, field);
    if (!room)
        return STR_NONE;
    memcpy(room, code.data, code.len);
    return (struct str){room, code.len};
}

struct str row_own_code(struct row *row, const char *field)
{
    struct str code = row_dossier_code(row, field);
    if (!str_given(code))
        row_refuse(row, REFUSAL_MISSING, field);
    return code;
}

/* Takes a zone (Z, +07:00, -0330) off the end; times without one are Việt Nam's. */
static struct str split_zone(struct str text, int64_t *ret_shift_ms)
{
    *ret_shift_ms = 0;
    if (text.len > 10 && text.data[text.len - 1] == 'Z') {
        *ret_shift_ms = VN_OFFSET_MS;
        return (struct str){text.data, text.len - 1};
    }
    size_t at = text.len;
    while (at > 10 && text.data[at - 1] != '+' && text.data[at - 1] != '-')
        at--;
    if (at <= 10)
        return text;
    const char *zone = text.data + at; /* behind the sign */
    size_t len = text.len - at;
    int digits[4];
    size_t found = 0;
    for (size_t i = 0; i < len; i++) {
        if (len == 5 && i == 2 && zone[i] == ':')
            continue;
        if (found == 4 || zone[i] < '0' || zone[i] > '9')
            return text;
        digits[found++] = zone[i] - '0';
    }
    if (found != 4)
        return text;
    int64_t offset_ms =
        (digits[0] * 10 + digits[1]) * MS_PER_HOUR + (digits[2] * 10 + digits[3]) * MS_PER_MINUTE;
    *ret_shift_ms = VN_OFFSET_MS - (zone[-1] == '-' ? -offset_ms : offset_ms);
    return (struct str){text.data, at - 1};
}

int64_t row_time(struct row *row, const char *field)
{
    struct str text = row_text(row, field);
    if (!str_given(text))
        return NO_TIME;
    int64_t at;
    int64_t shift_ms;
    if (!vn_time_parse(split_zone(text, &shift_ms), &at) || at + shift_ms < TIME_MIN_AT ||
        at + shift_ms > TIME_MAX_AT) {
        row_refuse(row, REFUSAL_BAD_TIME, field);
        return NO_TIME;
    }
    return at + shift_ms;
}

int64_t row_past_time(struct row *row, const char *field)
{
    int64_t at = row_time(row, field);
    int64_t now = row->input->ingested_at;
    if (at == NO_TIME || at <= now + AHEAD_ACCEPTED_MS)
        return at;
    if (at > now + AHEAD_FLAGGED_MS) {
        row_refuse(row, REFUSAL_TOO_FAR_AHEAD, field);
        return NO_TIME;
    }
    if (at > row->ahead_at)
        row->ahead_at = at;
    return now;
}

int32_t row_status(struct row *row, const char *field)
{
    struct str text = row_text(row, field);
    if (!str_given(text))
        return STATUS_NONE;
    /* What one vendor's table maps to "0" (domain notes 1.5): inner states that no citizen sees. */
    if (str_eq(text, STR("0")) || str_eq(text, STR("interoperating")) ||
        str_eq(text, STR("posting"))) {
        row_refuse(row, REFUSAL_UNMAPPED_STATUS, field);
        return STATUS_NONE;
    }
    int32_t status = 0;
    for (size_t i = 0; i < text.len && i < 3; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        status = digit ? status * 10 + (text.data[i] - '0') : STATUS_COUNT;
    }
    if (text.len > 2 || status < STATUS_REGISTERED || status >= STATUS_COUNT) {
        row_refuse(row, REFUSAL_BAD_STATUS, field);
        return STATUS_NONE;
    }
    return status;
}

enum tri row_flag(struct row *row, const char *field)
{
    struct str text = row_text(row, field);
    if (str_eq(text, STR("1")))
        return TRI_YES;
    return str_eq(text, STR("0")) ? TRI_NO : TRI_UNKNOWN;
}

const struct json *row_list(struct row *row, const char *field)
{
    if (row_refused(row))
        return NULL;
    const struct json *value = json_get(row->object, field);
    switch (json_kind_of(value)) {
    case JSON_ARRAY_: return value;
    case JSON_NULL_: return NULL;
    case JSON_STRING_:
        if (!str_given(text_trim(json_text(value))))
            return NULL;
        break;
    default: break;
    }
    row_refuse(row, REFUSAL_BAD_TYPE, field);
    return NULL;
}

bool is_agency_code(struct str text)
{
    bool digit = false;
    bool in_group = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_digit = c >= '0' && c <= '9';
        if (c == '.' ? !in_group : !is_digit && !(c >= 'A' && c <= 'Z'))
            return false;
        in_group = c != '.';
        digit = digit || is_digit;
    }
    return in_group && digit && text.len <= CODE_MAX && !holds_personal_number(text);
}

struct str agency_in_code(struct str code)
{
    size_t groups[3] = {0};
    size_t group = 0;
    for (size_t i = 0; i < code.len; i++) {
        bool digit = code.data[i] >= '0' && code.data[i] <= '9';
        if (code.data[i] == '-' && ++group < 3)
            continue;
        if (group > 2 || (group > 0 && !digit))
            return STR_NONE;
        groups[group]++;
    }
    struct str agency = {code.data, groups[0]};
    bool known = group == 2 && (groups[1] == 6 || groups[1] == 8) && groups[2] >= 4 &&
                 groups[2] <= 7 && is_agency_code(agency);
    return known ? agency : STR_NONE;
}
