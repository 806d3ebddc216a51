/* links: ingest */
#include "ingest/envelope.h"
#include "ingest/map_hoso.h"
#include "ingest/map_native.h"
#include "ingest/map_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct envelope open_good(enum envelope_form form, const char *body)
{
    struct envelope envelope;
    struct error err = {""};
    if (envelope_open(form, str_of(body), &envelope, &err) != 0)
        fail_msg("%s: %s", body, err.text);
    return envelope;
}

static void portal_messages_choose_their_mapper(void **state)
{
    (void)state;
    const struct json *row;
    enum refusal_code code;
    struct envelope e =
        open_good(ENVELOPE_PORTAL, "{\"session\":\"s\",\"service\":\"DongBoHoSoMC\",\"madonvi\":\" "
                                   "H24.11713 \",\"isUpdating\":\"True\",\"data\":[{\"MaHoSo\":"
                                   "\"a\"},7]}");
    assert_true(e.map == map_hoso && e.row_count == 2);
    assert_true(str_eq(e.agency, STR("H24.11713")));
    assert_int_equal(envelope_next(&e, &row, &code), 1);
    assert_true(code == REFUSAL_NONE && str_eq(json_text(json_get(row, "MaHoSo")), STR("a")));
    assert_int_equal(envelope_next(&e, &row, &code), 2);
    assert_int_equal(json_kind_of(row), JSON_INTEGER_);
    assert_int_equal(envelope_next(&e, &row, &code), 0);
    envelope_close(&e);

    e = open_good(ENVELOPE_PORTAL,
                  "{\"service\":\"CapNhatTienDoHoSoMC\",\"data\":{\"MaHoSo\":\"b\"}}");
    assert_true(e.map == map_progress && e.row_count == 1 && !str_given(e.agency));
    assert_int_equal(envelope_next(&e, &row, &code), 1);
    assert_true(str_eq(json_text(json_get(row, "MaHoSo")), STR("b")));
    assert_int_equal(envelope_next(&e, &row, &code), 0);
    envelope_close(&e);

    e = open_good(ENVELOPE_PORTAL, "{\"service\":\"DongBoHoSoMC\",\"data\":[]}");
    assert_int_equal(envelope_next(&e, &row, &code), 0);
    envelope_close(&e);
}

static void native_events_come_as_list_or_alone(void **state)
{
    (void)state;
    const struct json *row;
    enum refusal_code code;
    struct envelope e = open_good(ENVELOPE_EVENTS, "[{\"id\":1},{\"id\":2}]");
    assert_true(e.map == map_native && e.row_count == 2);
    assert_int_equal(envelope_next(&e, &row, &code), 1);
    assert_int_equal(envelope_next(&e, &row, &code), 2);
    assert_int_equal(envelope_next(&e, &row, &code), 0);
    envelope_close(&e);
    e = open_good(ENVELOPE_EVENTS, "{\"id\":1}");
    assert_int_equal(e.row_count, 1);
    assert_int_equal(envelope_next(&e, &row, &code), 1);
    assert_int_equal(envelope_next(&e, &row, &code), 0);
    envelope_close(&e);
}

static void lines_stand_for_themselves(void **state)
{
    (void)state;
    const struct json *row;
    enum refusal_code code;
    int64_t id = 0;
    struct envelope e =
        open_good(ENVELOPE_EVENT_LINES, "{\"id\":1}\r\n\n{\"id\":\n{\"id\":4}\n  \n{\"id\":6}");
    assert_true(e.map == map_native && e.row_count == 6);
    assert_int_equal(envelope_next(&e, &row, &code), 1);
    assert_true(json_to_integer(json_get(row, "id"), &id) && id == 1);
    assert_int_equal(envelope_next(&e, &row, &code), 3);
    assert_true(code == REFUSAL_BAD_JSON && !row);
    assert_int_equal(envelope_next(&e, &row, &code), 4);
    assert_true(code == REFUSAL_NONE && json_to_integer(json_get(row, "id"), &id) && id == 4);
    assert_int_equal(envelope_next(&e, &row, &code), 6);
    assert_int_equal(envelope_next(&e, &row, &code), 0);
    envelope_close(&e);
    e = open_good(ENVELOPE_EVENT_LINES, "");
    assert_int_equal(envelope_next(&e, &row, &code), 0);
    envelope_close(&e);
}

static void bad_envelopes_are_explained(void **state)
{
    (void)state;
    static const struct {
        enum envelope_form form;
        const char *body;
        const char *says;
    } rows[] = {
        {ENVELOPE_PORTAL, "", "JSON"},
        {ENVELOPE_PORTAL, "{\"service\":\"CANARY", "JSON"},
        {ENVELOPE_PORTAL, "[]", "service"},
        {ENVELOPE_PORTAL, "{}", "service"},
        {ENVELOPE_PORTAL, "{\"service\":\"CANARY\",\"data\":[]}", "DongBoHoSoMC"},
        {ENVELOPE_PORTAL, "{\"service\":7,\"data\":[]}", "DongBoHoSoMC"},
        {ENVELOPE_PORTAL, "{\"service\":\"DongBoHoSoMC\"}", "data"},
        {ENVELOPE_PORTAL, "{\"service\":\"DongBoHoSoMC\",\"data\":\"CANARY\"}", "data"},
        {ENVELOPE_PORTAL, "{\"service\":\"DongBoHoSoMC\",\"data\":[],\"madonvi\":\"CANARY xa\"}",
         "madonvi"},
        {ENVELOPE_EVENTS, "7", "danh sách"},
        {ENVELOPE_EVENTS, "\"CANARY\"", "danh sách"},
        {ENVELOPE_EVENTS, "[{]", "line 1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct envelope envelope;
        struct error err = {""};
        if (envelope_open(rows[i].form, str_of(rows[i].body), &envelope, &err) != ERR_INPUT)
            fail_msg("row %zu was taken", i);
        if (!strstr(err.text, rows[i].says) || strstr(err.text, "CANARY"))
            fail_msg("row %zu says \"%s\"", i, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(portal_messages_choose_their_mapper),
        cmocka_unit_test(native_events_come_as_list_or_alone),
        cmocka_unit_test(lines_stand_for_themselves),
        cmocka_unit_test(bad_envelopes_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
