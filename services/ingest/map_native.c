#include "ingest/map_native.h"

#include "ingest/identity.h"
#include "ingest/row.h"
#include "ingest/secret.h"

/* EVENT_KIND_COUNT and a refusal when it is none of those that may be pushed. */
static enum event_kind read_kind(struct row *row)
{
    static const enum event_kind pushed[] = {EVENT_DUE_CHANGED, EVENT_TRANSFERRED,  EVENT_PAID,
                                             EVENT_RATED,       EVENT_APOLOGY_SENT, EVENT_ALIAS,
                                             EVENT_ERASED};
    struct str name = row_text(row, "kind");
    for (size_t i = 0; i < sizeof pushed / sizeof *pushed; i++) {
        if (str_eq(name, str_of(event_kind_name(pushed[i]))))
            return pushed[i];
    }
    row_refuse(row, str_given(name) ? REFUSAL_BAD_VALUE : REFUSAL_MISSING, "kind");
    return EVENT_KIND_COUNT;
}

static enum due_reason read_due_reason(struct row *row)
{
    struct str name = row_text(row, "due_reason");
    if (!str_given(name))
        return DUE_UNKNOWN;
    for (int reason = 0; reason < DUE_REASON_COUNT; reason++) {
        if (str_eq(name, str_of(due_reason_name((enum due_reason)reason))))
            return (enum due_reason)reason;
    }
    row_refuse(row, REFUSAL_BAD_VALUE, "due_reason");
    return DUE_UNKNOWN;
}

static struct str read_agency(struct row *row, const char *field)
{
    struct str code = row_code(row, field);
    if (str_given(code) && !is_agency_code(code))
        row_refuse(row, REFUSAL_BAD_CODE, field);
    return code;
}

static int32_t read_rating(struct row *row)
{
    struct str text = row_text(row, "rating");
    if (text.len == 1 && text.data[0] >= '1' && text.data[0] <= '5')
        return text.data[0] - '0';
    row_refuse(row, str_given(text) ? REFUSAL_BAD_VALUE : REFUSAL_MISSING, "rating");
    return 0;
}

static enum tri read_paid_online(struct row *row)
{
    enum tri online = row_flag(row, "paid_online");
    if (online == TRI_UNKNOWN && str_given(row_text(row, "paid_online")))
        row_refuse(row, REFUSAL_BAD_VALUE, "paid_online");
    return online;
}

static void read_alias(struct row *row, struct event *event)
{
    event->alias_of = row_own_code(row, "alias_of");
    if (!row_refused(row) && str_eq(event->alias_of, event->dossier_code))
        row_refuse(row, REFUSAL_BAD_VALUE, "alias_of");
}

static void read_members(struct row *row, struct event *event)
{
    switch (event->kind) {
    case EVENT_DUE_CHANGED:
        event->due_at = row_time(row, "due_at");
        event->due_before_at = row_time(row, "due_before_at");
        event->due_reason = read_due_reason(row);
        if (event->due_at == NO_TIME)
            row_refuse(row, REFUSAL_MISSING, "due_at");
        break;
    case EVENT_TRANSFERRED:
        event->transfer_to = read_agency(row, "transfer_to");
        event->transfer_from = read_agency(row, "transfer_from");
        if (!str_given(event->transfer_to))
            row_refuse(row, REFUSAL_MISSING, "transfer_to");
        break;
    case EVENT_PAID:
        event->paid = TRI_YES;
        event->paid_online = read_paid_online(row);
        break;
    case EVENT_RATED: event->rating = read_rating(row); break;
    case EVENT_APOLOGY_SENT:
        event->apology_sent = TRI_YES;
        event->late_reason = row_code(row, "late_reason");
        break;
    case EVENT_ALIAS: read_alias(row, event); break;
    default: break; /* erased says all by itself */
    }
}

int map_native(const struct map_input *input, const struct json *json, struct mapped *out,
               struct refusal *ret)
{
    struct row row = row_begin(input, json, out, ret);
    if (secret_refuse(&row))
        return row_end(&row);
    struct str id = row_text(&row, "id");
    enum event_kind kind = read_kind(&row);
    struct str code = row_own_code(&row, "dossier_code");
    int64_t at = row_past_time(&row, "occurred_at");
    if (!str_given(id))
        row_refuse(&row, REFUSAL_MISSING, "id");
    if (at == NO_TIME)
        row_refuse(&row, REFUSAL_MISSING, "occurred_at");
    if (row_refused(&row))
        return row_end(&row);

    struct event *event = row_add_event(&row, kind, code);
    row_set_occurred(&row, event, at);
    read_members(&row, event);
    const struct str parts[] = {code, id};
    identity_set(input, event, parts, 2);
    return row_end(&row);
}
