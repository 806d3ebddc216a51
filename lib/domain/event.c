#include "domain/event.h"

#include <stddef.h>

struct event event_empty(void)
{
    return (struct event){
        .occurred_at = NO_TIME,
        .occurred_original_at = NO_TIME,
        .ingested_at = NO_TIME,
        .non_territorial = TRI_UNKNOWN,
        .submitted_at = NO_TIME,
        .accepted_at = NO_TIME,
        .due_at = NO_TIME,
        .due_before_at = NO_TIME,
        .ended_at = NO_TIME,
        .returned_at = NO_TIME,
        .refused_at = NO_TIME,
        .step_due_at = NO_TIME,
        .fee_due = TRI_UNKNOWN,
        .paid = TRI_UNKNOWN,
        .paid_online = TRI_UNKNOWN,
        .digitised = TRI_UNKNOWN,
        .apology_sent = TRI_UNKNOWN,
    };
}

/* Control characters break logs, and PostgreSQL's text cannot hold a NUL. */
static bool text_clean(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return true;
}

static int check_texts(const struct event *event, struct error *err)
{
    const struct {
        const char *name;
        struct str text;
        size_t min;
        size_t max;
    } texts[] = {
        {"source", event->source, 1, SOURCE_MAX},
        {"dossier_code", event->dossier_code, 1, CODE_MAX},
        {"alternative_code", event->alternative_code, 0, CODE_MAX},
        {"procedure_code", event->procedure_code, 0, CODE_MAX},
        {"field_code", event->field_code, 0, CODE_MAX},
        {"deciding_agency", event->deciding_agency, 0, CODE_MAX},
        {"receiving_agency", event->receiving_agency, 0, CODE_MAX},
        {"deciding_unit", event->deciding_unit, 0, CODE_MAX},
        {"late_reason", event->late_reason, 0, CODE_MAX},
        {"transfer_from", event->transfer_from, 0, CODE_MAX},
        {"transfer_to", event->transfer_to, 0, CODE_MAX},
        {"alias_of", event->alias_of, 0, CODE_MAX},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t len = texts[i].text.len;
        if (len < texts[i].min || len > texts[i].max)
            return error_set(err, ERR_INPUT, "%s has %zu bytes, must have %zu to %zu",
                             texts[i].name, len, texts[i].min, texts[i].max);
        if (!text_clean(texts[i].text))
            return error_set(err, ERR_INPUT, "%s holds a control character", texts[i].name);
    }
    if (event->officer.len != 0 && event->officer.len != EVENT_ID_SIZE)
        return error_set(err, ERR_INPUT, "officer has %zu bytes, must have 0 or %d",
                         event->officer.len, EVENT_ID_SIZE);
    return 0;
}

static int check_times(const struct event *event, struct error *err)
{
    const struct {
        const char *name;
        int64_t at;
        bool required;
    } times[] = {
        {"occurred_at", event->occurred_at, true},
        {"ingested_at", event->ingested_at, true},
        {"occurred_original_at", event->occurred_original_at, false},
        {"submitted_at", event->submitted_at, false},
        {"accepted_at", event->accepted_at, false},
        {"due_at", event->due_at, false},
        {"due_before_at", event->due_before_at, false},
        {"ended_at", event->ended_at, false},
        {"returned_at", event->returned_at, false},
        {"refused_at", event->refused_at, false},
        {"step_due_at", event->step_due_at, false},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (times[i].at == NO_TIME && !times[i].required)
            continue;
        if (times[i].at < TIME_MIN_AT || times[i].at > TIME_MAX_AT)
            return error_set(err, ERR_INPUT, "%s is %s, must lie in 1990 to 2099", times[i].name,
                             times[i].at == NO_TIME ? "missing" : "out of range");
    }
    return 0;
}

static int check_numbers(const struct event *event, struct error *err)
{
    const struct {
        const char *name;
        int value;
        int min;
        int max;
    } numbers[] = {
        {"kind", (int)event->kind, 0, EVENT_KIND_COUNT - 1},
        {"trust", (int)event->trust, 0, TRUST_COUNT - 1},
        {"time_basis", (int)event->time_basis, 0, BASIS_COUNT - 1},
        {"status", event->status, STATUS_NONE, STATUS_COUNT - 1},
        {"channel", (int)event->channel, 0, CHANNEL_COUNT - 1},
        {"subject", (int)event->subject, 0, SUBJECT_COUNT - 1},
        {"online_level", (int)event->online_level, 0, LEVEL_COUNT - 1},
        {"due_reason", (int)event->due_reason, 0, DUE_REASON_COUNT - 1},
        {"rating", event->rating, 0, 5},
        {"non_territorial", event->non_territorial, TRI_UNKNOWN, TRI_YES},
        {"fee_due", event->fee_due, TRI_UNKNOWN, TRI_YES},
        {"paid", event->paid, TRI_UNKNOWN, TRI_YES},
        {"paid_online", event->paid_online, TRI_UNKNOWN, TRI_YES},
        {"digitised", event->digitised, TRI_UNKNOWN, TRI_YES},
        {"apology_sent", event->apology_sent, TRI_UNKNOWN, TRI_YES},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (numbers[i].value < numbers[i].min || numbers[i].value > numbers[i].max)
            return error_set(err, ERR_INPUT, "%s is %d, must be %d to %d", numbers[i].name,
                             numbers[i].value, numbers[i].min, numbers[i].max);
    }
    return 0;
}

/* What an event of this kind cannot do without. */
static int check_kind(const struct event *event, struct error *err)
{
    const char *missing = NULL;
    switch (event->kind) {
    case EVENT_PROGRESS:
    case EVENT_STATUS: missing = event->status == STATUS_NONE ? "status" : NULL; break;
    case EVENT_DUE_CHANGED: missing = event->due_at == NO_TIME ? "due_at" : NULL; break;
    case EVENT_TRANSFERRED: missing = str_given(event->transfer_to) ? NULL : "transfer_to"; break;
    case EVENT_RATED: missing = event->rating == 0 ? "rating" : NULL; break;
    case EVENT_ALIAS:
        missing = str_given(event->alias_of) ? NULL : "alias_of";
        if (str_eq(event->alias_of, event->dossier_code))
            return error_set(err, ERR_INPUT, "alias_of is the dossier's own code");
        break;
    case EVENT_RECORD:
    case EVENT_PAID:
    case EVENT_APOLOGY_SENT:
    case EVENT_ERASED:
    case EVENT_KIND_COUNT: break;
    }
    if (missing)
        return error_set(err, ERR_INPUT, "%s is missing in a %s event", missing,
                         event_kind_name(event->kind));
    return 0;
}

int event_validate(const struct event *event, struct error *err)
{
    int result = check_numbers(event, err);
    if (result == 0)
        result = check_texts(event, err);
    if (result == 0)
        result = check_times(event, err);
    if (result == 0)
        result = check_kind(event, err);
    return result;
}

int status_rank(int32_t status)
{
    static const int ranks[STATUS_COUNT] = {
        [STATUS_NONE] = 0,       [STATUS_REGISTERED] = 1, [STATUS_ACCEPTED] = 2,
        [STATUS_PROCESSING] = 3, [STATUS_SUPPLEMENT] = 4, [STATUS_AWAITING_PAYMENT] = 5,
        [STATUS_STOPPED] = 6,    [STATUS_REFUSED] = 7,    [STATUS_WITHDRAWN] = 8,
        [STATUS_DONE] = 9,       [STATUS_RETURNED] = 10,
    };
    return ranks[status];
}

int event_compare(const struct event *a, const struct event *b)
{
    if (a->occurred_at != b->occurred_at)
        return a->occurred_at < b->occurred_at ? -1 : 1;
    int rank_a = status_rank(a->status);
    int rank_b = status_rank(b->status);
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    if (a->ingested_at != b->ingested_at)
        return a->ingested_at < b->ingested_at ? -1 : 1;
    int order = memcmp(a->event_id, b->event_id, EVENT_ID_SIZE);
    if (order)
        return order;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

const char *const event_kind_names[EVENT_KIND_COUNT + 1] = {
    "record", "progress", "status",       "due_changed", "transferred",
    "paid",   "rated",    "apology_sent", "alias",       "erased"};
const char *const event_trust_names[TRUST_COUNT + 1] = {"portal", "local"};
const char *const time_basis_names[BASIS_COUNT + 1] = {"source", "ingest"};
const char *const channel_names[CHANNEL_COUNT + 1] = {"unknown", "counter", "online", "postal",
                                                      "other"};
const char *const subject_names[SUBJECT_COUNT + 1] = {"unknown",   "citizen", "business",
                                                      "household", "state",   "other"};
const char *const online_level_names[LEVEL_COUNT + 1] = {"unknown", "information", "partial",
                                                         "full"};
const char *const due_reason_names[DUE_REASON_COUNT + 1] = {"unknown", "supplement",
                                                            "reappointment", "correction"};

/* A negative enumerator is a huge number as size_t, so one comparison covers both ends. */
static const char *name_of(const char *const *names, size_t count, size_t value)
{
    return value < count ? names[value] : NULL;
}

const char *event_kind_name(enum event_kind kind)
{
    return name_of(event_kind_names, EVENT_KIND_COUNT, (size_t)kind);
}

const char *event_trust_name(enum event_trust trust)
{
    return name_of(event_trust_names, TRUST_COUNT, (size_t)trust);
}

const char *time_basis_name(enum time_basis basis)
{
    return name_of(time_basis_names, BASIS_COUNT, (size_t)basis);
}

const char *channel_name(enum channel channel)
{
    return name_of(channel_names, CHANNEL_COUNT, (size_t)channel);
}

const char *subject_name(enum subject subject)
{
    return name_of(subject_names, SUBJECT_COUNT, (size_t)subject);
}

const char *online_level_name(enum online_level level)
{
    return name_of(online_level_names, LEVEL_COUNT, (size_t)level);
}

const char *due_reason_name(enum due_reason reason)
{
    return name_of(due_reason_names, DUE_REASON_COUNT, (size_t)reason);
}

const char *status_label(int32_t status)
{
    static const char *const labels[STATUS_COUNT] = {
        NULL,
        "Mới đăng ký",
        "Được tiếp nhận",
        "Không được tiếp nhận",
        "Đang xử lý",
        "Yêu cầu bổ sung giấy tờ",
        "Yêu cầu thực hiện nghĩa vụ tài chính",
        "Công dân yêu cầu rút hồ sơ",
        "Dừng xử lý",
        "Đã xử lý xong",
        "Đã trả kết quả",
    };
    return name_of(labels, STATUS_COUNT, (size_t)status);
}
