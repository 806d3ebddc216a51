#include "codec/codec.h"
#include "domain/alert_notice.h"
#include "domain/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void framing(void **state)
{
    (void)state;
    uint32_t id = 0;
    struct str datum = STR_NONE;
    assert_int_equal(codec_unframe("\x00\x01\x02\x03\x04xyz", 8, &id, &datum), CODEC_OK);
    assert_int_equal(id, 0x01020304);
    assert_true(str_eq(datum, STR("xyz")));
    assert_int_equal(codec_unframe("\x00\xff\xff\xff\xff", 5, &id, &datum), CODEC_OK);
    assert_true(id == UINT32_MAX && datum.len == 0);
    assert_int_equal(codec_unframe("\x01\x00\x00\x00\x01", 5, &id, &datum), CODEC_BAD_FRAME);
    assert_int_equal(codec_unframe("{", 1, &id, &datum), CODEC_BAD_FRAME);
    assert_int_equal(codec_unframe("\x00\x00\x00\x00", 4, &id, &datum), CODEC_TRUNCATED);
    assert_int_equal(codec_unframe(NULL, 0, &id, &datum), CODEC_TRUNCATED);
}

static struct alert_notice sample_alert(void)
{
    return (struct alert_notice){
        .alert_id = "0123456789abcde",
        .state = ALERT_RESOLVED,
        .rule = STR("overdue"),
        .episode = 2,
        .dossier_code = STR("H24.1-260701-0001"),
        .unit_name = STR("Nghi Dương"),
        .due_at = 1782882000000,
        .original_due_at = NO_TIME,
        .deadline_at = 1782925200000,
        .fired_at = 1782925200001,
        .ended_at = 1782968400000,
        .last_event_at = NO_TIME,
        .last_ingested_at = NO_TIME,
        .late_data = TRI_NO,
        .reason = STR("done"),
        .clock = STR("work"),
    };
}

static void alerts_go_there_and_back(void **state)
{
    (void)state;
    struct codec *codec = NULL;
    struct codec_writer *writer = NULL;
    assert_int_equal(codec_new(&codec_alert_layout, &codec, NULL), 0);
    assert_int_equal(codec_writer_new(&codec_alert_layout, &writer, NULL), 0);
    struct alert_notice notice = sample_alert();
    struct str framed;
    assert_int_equal(codec_write(writer, &notice, &framed, NULL), 0);
    assert_memory_equal(framed.data, "\x00\x00\x00\x00\x02", CODEC_FRAME_SIZE);
    struct alert_notice got;
    assert_int_equal(codec_read(codec, framed.data, framed.len, &got, NULL), CODEC_OK);
    assert_memory_equal(got.alert_id, notice.alert_id, EVENT_ID_SIZE);
    assert_int_equal(got.state, ALERT_RESOLVED);
    assert_true(str_eq(got.rule, notice.rule) && got.episode == 2);
    assert_true(str_eq(got.dossier_code, notice.dossier_code));
    assert_true(got.unit_id == 0 && got.unit_code.len == 0);
    assert_true(str_eq(got.unit_name, notice.unit_name) && got.procedure_code.len == 0);
    assert_true(got.due_at == notice.due_at && got.original_due_at == NO_TIME);
    assert_true(got.deadline_at == notice.deadline_at && got.fired_at == notice.fired_at);
    assert_true(got.ended_at == notice.ended_at && got.last_event_at == NO_TIME);
    assert_true(got.last_ingested_at == NO_TIME && got.late_data == TRI_NO);
    assert_true(str_eq(got.reason, notice.reason) && str_eq(got.clock, notice.clock));
    codec_writer_free(writer);
    codec_free(codec);
}

static void records_refused(void **state)
{
    (void)state;
    struct codec *codec = NULL;
    struct codec_writer *writer = NULL;
    assert_int_equal(codec_new(&codec_event_layout, &codec, NULL), 0);
    assert_int_equal(codec_writer_new(&codec_alert_layout, &writer, NULL), 0);
    struct alert_notice notice = sample_alert();
    struct str framed;
    assert_int_equal(codec_write(writer, &notice, &framed, NULL), 0);
    struct event event;
    size_t offset = 99;
    /* an alert is no event */
    assert_int_equal(codec_read(codec, framed.data, framed.len, &event, &offset),
                     CODEC_UNKNOWN_SCHEMA);
    assert_int_equal(offset, 0);
    assert_int_equal(codec_read(codec, "\x00\x00\x00\x00\x63x", 6, &event, NULL),
                     CODEC_UNKNOWN_SCHEMA);
    assert_int_equal(codec_read(codec, "\x00\x00\x00\x00\x01short", 10, &event, &offset),
                     CODEC_TRUNCATED);
    assert_int_equal(offset, 5);
    codec_writer_free(writer);
    codec_free(codec);
}

static void assert_write_refused(struct codec_writer *writer, const struct alert_notice *notice,
                                 const char *field)
{
    struct str framed;
    struct error err = {""};
    assert_int_equal(codec_write(writer, notice, &framed, &err), ERR_INPUT);
    if (!strstr(err.text, field))
        fail_msg("error \"%s\" does not name %s", err.text, field);
}

static void values_that_cannot_be_written(void **state)
{
    (void)state;
    struct codec_writer *writer = NULL;
    assert_int_equal(codec_writer_new(&codec_alert_layout, &writer, NULL), 0);
    struct alert_notice notice = sample_alert();
    notice.reason = STR("\xc3");
    assert_write_refused(writer, &notice, "reason");
    notice = sample_alert();
    notice.unit_name = STR("a\0b");
    assert_write_refused(writer, &notice, "unit_name");
    notice = sample_alert();
    notice.state = ALERT_STATE_COUNT;
    assert_write_refused(writer, &notice, "state");
    notice = sample_alert();
    notice.late_data = (enum tri)2;
    assert_write_refused(writer, &notice, "late_data");
    /* and it works again afterwards */
    notice = sample_alert();
    struct str framed;
    assert_int_equal(codec_write(writer, &notice, &framed, NULL), 0);
    codec_writer_free(writer);

    assert_int_equal(codec_writer_new(&codec_event_layout, &writer, NULL), 0);
    struct event event = event_empty();
    event.officer = STR("short");
    struct error err = {""};
    assert_int_equal(codec_write(writer, &event, &framed, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "officer"));
    codec_writer_free(writer);
}

static void names_of_faults(void **state)
{
    (void)state;
    for (int i = 0; i < CODEC_FAULT_COUNT; i++)
        assert_non_null(codec_fault_name((enum codec_fault)i));
    assert_string_equal(codec_fault_name(CODEC_TRUNCATED), "truncated");
    assert_null(codec_fault_name(CODEC_FAULT_COUNT));
    assert_true(str_given(codec_schema_json(CODEC_SCHEMA_EVENT_V1)));
    assert_true(str_given(codec_schema_json(CODEC_SCHEMA_ALERT_V1)));
    assert_false(str_given(codec_schema_json(3)));
    assert_null(codec_free(NULL));
    assert_null(codec_writer_free(NULL));
    assert_null(codec_program_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(framing),         cmocka_unit_test(alerts_go_there_and_back),
        cmocka_unit_test(records_refused), cmocka_unit_test(values_that_cannot_be_written),
        cmocka_unit_test(names_of_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
