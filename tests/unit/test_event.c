/* pure */
#include "domain/alert_notice.h"
#include "domain/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const int64_t noon = INT64_C(1782882000000);

static struct event valid_event(enum event_kind kind)
{
    struct event event = event_empty();
    event.kind = kind;
    event.source = STR("portal");
    event.dossier_code = STR("H24.1-260701-0001");
    event.occurred_at = noon;
    event.ingested_at = noon + 1000;
    if (kind == EVENT_PROGRESS || kind == EVENT_STATUS)
        event.status = STATUS_PROCESSING;
    if (kind == EVENT_DUE_CHANGED)
        event.due_at = noon + MS_PER_DAY;
    if (kind == EVENT_TRANSFERRED)
        event.transfer_to = STR("H24.2");
    if (kind == EVENT_RATED)
        event.rating = 5;
    if (kind == EVENT_ALIAS)
        event.alias_of = STR("H24.1-260701-0002");
    return event;
}

/* The event must be refused with a text that names the field. */
static void assert_refused(const struct event *event, const char *field)
{
    struct error err = {""};
    assert_int_equal(event_validate(event, &err), ERR_INPUT);
    if (!strstr(err.text, field))
        fail_msg("error \"%s\" does not name %s", err.text, field);
}

static void empty_event_knows_nothing(void **state)
{
    (void)state;
    struct event event = event_empty();
    assert_true(event.occurred_at == NO_TIME && event.ingested_at == NO_TIME);
    assert_true(event.occurred_original_at == NO_TIME && event.submitted_at == NO_TIME);
    assert_true(event.accepted_at == NO_TIME && event.due_at == NO_TIME);
    assert_true(event.due_before_at == NO_TIME && event.ended_at == NO_TIME);
    assert_true(event.returned_at == NO_TIME && event.refused_at == NO_TIME);
    assert_true(event.step_due_at == NO_TIME);
    assert_int_equal(event.non_territorial, TRI_UNKNOWN);
    assert_int_equal(event.fee_due, TRI_UNKNOWN);
    assert_int_equal(event.paid, TRI_UNKNOWN);
    assert_int_equal(event.paid_online, TRI_UNKNOWN);
    assert_int_equal(event.digitised, TRI_UNKNOWN);
    assert_int_equal(event.apology_sent, TRI_UNKNOWN);
    assert_int_equal(event.status, 0);
    assert_false(str_given(event.dossier_code));
}

static void every_kind_has_a_valid_form(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        struct event event = valid_event((enum event_kind)kind);
        struct error err = {""};
        if (event_validate(&event, &err) != 0)
            fail_msg("kind %d refused: %s", kind, err.text);
    }
}

static void kinds_need_their_fields(void **state)
{
    (void)state;
    struct event event = valid_event(EVENT_PROGRESS);
    event.status = STATUS_NONE;
    assert_refused(&event, "status");
    event.kind = EVENT_STATUS;
    assert_refused(&event, "status");
    event = valid_event(EVENT_DUE_CHANGED);
    event.due_at = NO_TIME;
    assert_refused(&event, "due_at");
    event = valid_event(EVENT_TRANSFERRED);
    event.transfer_to = STR_NONE;
    assert_refused(&event, "transfer_to");
    event = valid_event(EVENT_RATED);
    event.rating = 0;
    assert_refused(&event, "rating");
    event = valid_event(EVENT_ALIAS);
    event.alias_of = STR_NONE;
    assert_refused(&event, "alias_of");
    event.alias_of = event.dossier_code;
    assert_refused(&event, "alias_of");
}

static void text_lengths(void **state)
{
    (void)state;
    static const char long_text[CODE_MAX + 2] =
        "0123456789012345678901234567890123456789012345678901234567890123x";
    const struct str fits = {long_text, CODE_MAX};
    const struct str too_long = {long_text, CODE_MAX + 1};
    struct event event = valid_event(EVENT_RECORD);
    const struct {
        const char *name;
        struct str *text;
    } texts[] = {
        {"source", &event.source},
        {"dossier_code", &event.dossier_code},
        {"alternative_code", &event.alternative_code},
        {"procedure_code", &event.procedure_code},
        {"field_code", &event.field_code},
        {"deciding_agency", &event.deciding_agency},
        {"receiving_agency", &event.receiving_agency},
        {"deciding_unit", &event.deciding_unit},
        {"late_reason", &event.late_reason},
        {"transfer_from", &event.transfer_from},
        {"transfer_to", &event.transfer_to},
        {"alias_of", &event.alias_of},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str kept = *texts[i].text;
        *texts[i].text = fits;
        assert_int_equal(event_validate(&event, NULL), 0);
        *texts[i].text = too_long;
        assert_refused(&event, texts[i].name);
        *texts[i].text = STR("a\0b");
        assert_refused(&event, texts[i].name);
        *texts[i].text = STR("a\x7f");
        assert_refused(&event, texts[i].name);
        *texts[i].text = STR("Đã trả");
        assert_int_equal(event_validate(&event, NULL), 0);
        *texts[i].text = kept;
    }
    event.source = STR_NONE;
    assert_refused(&event, "source");
    event = valid_event(EVENT_RECORD);
    event.dossier_code = STR_NONE;
    assert_refused(&event, "dossier_code");
    event = valid_event(EVENT_PROGRESS);
    event.officer = STR("0123456789abcde");
    assert_refused(&event, "officer");
    event.officer = STR("\0zzzzzzzzzzzzzz\n"); /* raw bytes: anything goes */
    assert_int_equal(event_validate(&event, NULL), 0);
}

static void times_in_range(void **state)
{
    (void)state;
    struct event event = valid_event(EVENT_RECORD);
    const struct {
        const char *name;
        int64_t *at;
        bool required;
    } times[] = {
        {"occurred_at", &event.occurred_at, true},
        {"ingested_at", &event.ingested_at, true},
        {"occurred_original_at", &event.occurred_original_at, false},
        {"submitted_at", &event.submitted_at, false},
        {"accepted_at", &event.accepted_at, false},
        {"due_at", &event.due_at, false},
        {"due_before_at", &event.due_before_at, false},
        {"ended_at", &event.ended_at, false},
        {"returned_at", &event.returned_at, false},
        {"refused_at", &event.refused_at, false},
        {"step_due_at", &event.step_due_at, false},
    };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t kept = *times[i].at;
        *times[i].at = TIME_MIN_AT;
        assert_int_equal(event_validate(&event, NULL), 0);
        *times[i].at = TIME_MAX_AT;
        assert_int_equal(event_validate(&event, NULL), 0);
        *times[i].at = TIME_MIN_AT - 1;
        assert_refused(&event, times[i].name);
        *times[i].at = TIME_MAX_AT + 1;
        assert_refused(&event, times[i].name);
        *times[i].at = NO_TIME;
        if (times[i].required)
            assert_refused(&event, times[i].name);
        else
            assert_int_equal(event_validate(&event, NULL), 0);
        *times[i].at = kept;
    }
}

static void numbers_in_range(void **state)
{
    (void)state;
    struct event event = valid_event(EVENT_RECORD);
    const struct {
        const char *name;
        void *value; /* an int32_t or an enumeration, both of four bytes */
        int32_t min;
        int32_t max;
    } numbers[] = {
        {"kind", &event.kind, 0, 9},
        {"trust", &event.trust, 0, 1},
        {"time_basis", &event.time_basis, 0, 1},
        {"status", &event.status, 0, 10},
        {"channel", &event.channel, 0, 4},
        {"subject", &event.subject, 0, 5},
        {"online_level", &event.online_level, 0, 3},
        {"due_reason", &event.due_reason, 0, 3},
        {"rating", &event.rating, 0, 5},
        {"non_territorial", &event.non_territorial, -1, 1},
        {"fee_due", &event.fee_due, -1, 1},
        {"paid", &event.paid, -1, 1},
        {"paid_online", &event.paid_online, -1, 1},
        {"digitised", &event.digitised, -1, 1},
        {"apology_sent", &event.apology_sent, -1, 1},
    };
    const struct event kept = event;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int32_t low = numbers[i].min - 1;
        int32_t high = numbers[i].max + 1;
        memcpy(numbers[i].value, &low, sizeof low);
        assert_refused(&event, numbers[i].name);
        memcpy(numbers[i].value, &high, sizeof high);
        assert_refused(&event, numbers[i].name);
        event = kept;
        if (i == 0)
            continue; /* another kind has other needs */
        memcpy(numbers[i].value, &numbers[i].min, sizeof low);
        assert_int_equal(event_validate(&event, NULL), 0);
        memcpy(numbers[i].value, &numbers[i].max, sizeof high);
        assert_int_equal(event_validate(&event, NULL), 0);
        event = kept;
    }
}

static void errors_never_show_content(void **state)
{
    (void)state;
    struct event event = valid_event(EVENT_RECORD);
    event.procedure_code = STR("NGUOI THU NGHIEM 1\n");
    struct error err = {""};
    assert_int_equal(event_validate(&event, &err), ERR_INPUT);
    assert_null(strstr(err.text, "THU NGHIEM"));
}

static void life_cycle_order_of_statuses(void **state)
{
    (void)state;
    static const int32_t order[] = {0, 1, 2, 4, 5, 6, 8, 3, 7, 9, 10};
    for (int i = 0; i < 11; i++)
        assert_int_equal(status_rank(order[i]), i);
}

static void assert_before(const struct event *low, const struct event *high)
{
    assert_true(event_compare(low, high) < 0);
    assert_true(event_compare(high, low) > 0);
}

/* Each step adds the next more important key, while all the lesser ones point the other way. */
static void order_of_events(void **state)
{
    (void)state;
    struct event low = valid_event(EVENT_PROGRESS);
    struct event high = low;
    assert_int_equal(event_compare(&low, &high), 0);
    low.kind = EVENT_RECORD;
    assert_before(&low, &high);
    low.kind = EVENT_STATUS;
    high.event_id[15] = 0x80;
    assert_before(&low, &high);
    low.event_id[0] = 0xff;
    high.ingested_at++;
    assert_before(&low, &high);
    low.ingested_at += 2;
    low.status = STATUS_STOPPED;
    high.status = STATUS_REFUSED; /* 3 comes after 8 in the life of a dossier */
    assert_before(&low, &high);
    low.status = STATUS_RETURNED;
    high.occurred_at++;
    assert_before(&low, &high);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(event_kind_name(EVENT_RECORD), "record");
    assert_string_equal(event_kind_name(EVENT_ERASED), "erased");
    assert_string_equal(event_trust_name(TRUST_LOCAL), "local");
    assert_string_equal(time_basis_name(BASIS_INGEST), "ingest");
    assert_string_equal(channel_name(CHANNEL_OTHER), "other");
    assert_string_equal(subject_name(SUBJECT_OTHER), "other");
    assert_string_equal(online_level_name(LEVEL_FULL), "full");
    assert_string_equal(due_reason_name(DUE_CORRECTION), "correction");
    assert_string_equal(alert_state_name(ALERT_RETRACTED), "retracted");
    assert_null(event_kind_name(EVENT_KIND_COUNT));
    assert_null(event_trust_name(TRUST_COUNT));
    assert_null(time_basis_name(BASIS_COUNT));
    assert_null(channel_name(CHANNEL_COUNT));
    assert_null(subject_name(SUBJECT_COUNT));
    assert_null(online_level_name(LEVEL_COUNT));
    assert_null(due_reason_name(DUE_REASON_COUNT));
    assert_null(alert_state_name(ALERT_STATE_COUNT));
    assert_string_equal(status_label(STATUS_PROCESSING), "Đang xử lý");
    assert_string_equal(status_label(STATUS_RETURNED), "Đã trả kết quả");
    assert_null(status_label(0));
    assert_null(status_label(11));
    assert_null(status_label(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_event_knows_nothing),
        cmocka_unit_test(every_kind_has_a_valid_form),
        cmocka_unit_test(kinds_need_their_fields),
        cmocka_unit_test(text_lengths),
        cmocka_unit_test(times_in_range),
        cmocka_unit_test(numbers_in_range),
        cmocka_unit_test(errors_never_show_content),
        cmocka_unit_test(life_cycle_order_of_statuses),
        cmocka_unit_test(order_of_events),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
