/* links: ingest */
#include "ingest/map_native.h"

#include "map_fixture.h"

#define HEAD(kind)                                                                                 \
    "{\"id\":\"7\",\"kind\":\"" kind "\",\"dossier_code\":\"H24.11713-260601-0001\","              \
    "\"occurred_at\":\"2026-06-02T08:00:00+07:00\""

/* Maps, checks what all kinds share, and hands out the only event. */
static struct outcome map_one(const char *text, enum event_kind kind)
{
    struct outcome o = map_good(map_native, text);
    const struct event *e = &o.mapped->events[0];
    assert_int_equal(o.mapped->count, 1);
    assert_int_equal(e->kind, kind);
    assert_true(str_eq(e->dossier_code, STR("H24.11713-260601-0001")));
    assert_true(e->occurred_at == NOON - 29 * MS_PER_DAY - 4 * MS_PER_HOUR);
    assert_int_equal(event_validate(e, NULL), 0);
    return o;
}

static void every_kind_is_read(void **state)
{
    (void)state;
    struct outcome o =
        map_one(HEAD("due_changed") ",\"due_at\":\"20260620090000\",\"due_before_at\":"
                                    "\"20260610090000\",\"due_reason\":\"reappointment\"}",
                EVENT_DUE_CHANGED);
    assert_int_equal(o.mapped->events[0].due_reason, DUE_REAPPOINTMENT);
    assert_true(o.mapped->events[0].due_at - o.mapped->events[0].due_before_at == 10 * MS_PER_DAY);
    outcome_deinit(&o);
    o = map_one(HEAD("due_changed") ",\"due_at\":\"20260620090000\"}", EVENT_DUE_CHANGED);
    assert_int_equal(o.mapped->events[0].due_reason, DUE_UNKNOWN);
    assert_true(o.mapped->events[0].due_before_at == NO_TIME);
    outcome_deinit(&o);
    o = map_one(HEAD("transferred") ",\"transfer_to\":\"H24.2\",\"transfer_from\":\"H24.1\"}",
                EVENT_TRANSFERRED);
    assert_true(str_eq(o.mapped->events[0].transfer_to, STR("H24.2")));
    assert_true(str_eq(o.mapped->events[0].transfer_from, STR("H24.1")));
    outcome_deinit(&o);
    o = map_one(HEAD("paid") ",\"paid_online\":false}", EVENT_PAID);
    assert_true(o.mapped->events[0].paid == TRI_YES && o.mapped->events[0].paid_online == TRI_NO);
    outcome_deinit(&o);
    o = map_one(HEAD("paid") "}", EVENT_PAID);
    assert_int_equal(o.mapped->events[0].paid_online, TRI_UNKNOWN);
    outcome_deinit(&o);
    o = map_one(HEAD("rated") ",\"rating\":5}", EVENT_RATED);
    assert_int_equal(o.mapped->events[0].rating, 5);
    outcome_deinit(&o);
    o = map_one(HEAD("apology_sent") ",\"late_reason\":\"d\"}", EVENT_APOLOGY_SENT);
    assert_int_equal(o.mapped->events[0].apology_sent, TRI_YES);
    assert_true(str_eq(o.mapped->events[0].late_reason, STR("d")));
    outcome_deinit(&o);
    o = map_one(HEAD("alias") ",\"alias_of\":\"H24.11713-260601-0002\"}", EVENT_ALIAS);
    assert_true(str_eq(o.mapped->events[0].alias_of, STR("H24.11713-260601-0002")));
    outcome_deinit(&o);
    o = map_one(HEAD("erased") ",\"reason\":\"NGUOI THU NGHIEM 1\"}", EVENT_ERASED);
    outcome_deinit(&o);
}

static void bad_members_refuse_the_event(void **state)
{
    (void)state;
    static const char rated[] = HEAD("rated") ",\"rating\":5}";
    static const struct bad_member rows[] = {
        {"id", "\"\"", REFUSAL_MISSING, NULL},
        {"id", "{}", REFUSAL_BAD_TYPE, NULL},
        {"kind", "\"\"", REFUSAL_MISSING, NULL},
        {"kind", "\"Rated\"", REFUSAL_BAD_VALUE, NULL},
        {"kind", "\"record\"", REFUSAL_BAD_VALUE, NULL},
        {"kind", "\"progress\"", REFUSAL_BAD_VALUE, NULL},
        {"kind", "\"status\"", REFUSAL_BAD_VALUE, NULL},
        {"kind", "\"due_changed\"", REFUSAL_MISSING, "due_at"},
        {"kind", "\"transferred\"", REFUSAL_MISSING, "transfer_to"},
        {"kind", "\"alias\"", REFUSAL_MISSING, "alias_of"},
        {"dossier_code", "\"\"", REFUSAL_MISSING, NULL},
        {"dossier_code", "\"a b\"", REFUSAL_BAD_CODE, NULL},
        {"occurred_at", "null", REFUSAL_MISSING, NULL},
        {"occurred_at", "\"soon\"", REFUSAL_BAD_TIME, NULL},
        {"occurred_at", "\"20270101000000\"", REFUSAL_TOO_FAR_AHEAD, NULL},
        {"rating", "0", REFUSAL_BAD_VALUE, NULL},
        {"rating", "6", REFUSAL_BAD_VALUE, NULL},
        {"rating", "\"5 \\u2605\"", REFUSAL_BAD_VALUE, NULL},
        {"rating", "null", REFUSAL_MISSING, NULL},
        {"rating", "4.5", REFUSAL_BAD_TYPE, NULL},
        {"DoMat", "\"1\"", REFUSAL_SECRET, NULL},
    };
    assert_members_refused(map_native, rated, rows, sizeof rows / sizeof *rows);

    static const struct {
        const char *text;
        enum refusal_code code;
        const char *field;
    } others[] = {
        {HEAD("due_changed") ",\"due_at\":\"x\"}", REFUSAL_BAD_TIME, "due_at"},
        {HEAD("due_changed") ",\"due_at\":\"20260620090000\",\"due_reason\":\"whim\"}",
         REFUSAL_BAD_VALUE, "due_reason"},
        {HEAD("due_changed") ",\"due_at\":\"20260620090000\",\"due_before_at\":\"x\"}",
         REFUSAL_BAD_TIME, "due_before_at"},
        {HEAD("transferred") ",\"transfer_to\":\"UBND\"}", REFUSAL_BAD_CODE, "transfer_to"},
        {HEAD("transferred") ",\"transfer_to\":\"H24.1\",\"transfer_from\":\"a b\"}",
         REFUSAL_BAD_CODE, "transfer_from"},
        {HEAD("paid") ",\"paid_online\":\"yes\"}", REFUSAL_BAD_VALUE, "paid_online"},
        {HEAD("apology_sent") ",\"late_reason\":\"because of somebody\"}", REFUSAL_BAD_CODE,
         "late_reason"},
        {HEAD("alias") ",\"alias_of\":\"H24.11713-260601-0001\"}", REFUSAL_BAD_VALUE, "alias_of"},
        {"[]", REFUSAL_NOT_OBJECT, ""},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_refused_text(map_native, others[i].text, others[i].code, others[i].field);
}

static void the_senders_id_is_the_identity(void **state)
{
    (void)state;
    static const char rated[] = HEAD("rated") ",\"rating\":5}";
    assert_true(same_id(map_native, rated, with_member(rated, "sent_at", "1")));
    assert_true(same_id(map_native, rated, with_member(rated, "id", "7")));
    assert_false(same_id(map_native, rated, with_member(rated, "id", "\"8\"")));
    assert_false(same_id(map_native, rated, with_member(rated, "dossier_code", "\"b\"")));
    assert_false(same_id(map_native, rated, HEAD("paid") "}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(bad_members_refuse_the_event),
        cmocka_unit_test(the_senders_id_is_the_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
