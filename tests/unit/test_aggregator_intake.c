/* links: aggregator */
#include "aggregator/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct bench {
    struct codec *codec;
    struct codec_writer *writer;
    struct event event; /* a good one */
};

static int set_up(void **state)
{
    static struct bench bench;
    bench = (struct bench){.event = event_empty()};
    bench.event.kind = EVENT_PROGRESS;
    bench.event.source = STR("motcua");
    bench.event.trust = TRUST_LOCAL;
    bench.event.dossier_code = STR("H24.11713-260601-0001");
    bench.event.occurred_at = 1782865800000;
    bench.event.ingested_at = 1782865801000;
    bench.event.status = STATUS_PROCESSING;
    *state = &bench;
    return codec_new(&codec_event_layout, &bench.codec, NULL) < 0 ||
                   codec_writer_new(&codec_event_layout, &bench.writer, NULL) < 0
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    codec_writer_free(bench->writer);
    codec_free(bench->codec);
    return 0;
}

static struct record record_of(struct bench *bench, const char *key)
{
    struct record record = {.key = str_of(key)};
    struct error err = {""};
    if (codec_write(bench->writer, &bench->event, &record.value, &err) != 0)
        fail_msg("%s", err.text);
    return record;
}

static const char *key_of(const struct bench *bench)
{
    return bench->event.dossier_code.data;
}

static void a_good_record_is_an_event(void **state)
{
    struct bench *bench = *state;
    struct record record = record_of(bench, key_of(bench));
    struct event event;
    struct refusal refusal = intake_judge(bench->codec, &record, &event);
    assert_null(refusal.code);
    assert_true(str_eq(event.dossier_code, bench->event.dossier_code));
    assert_int_equal(event.status, STATUS_PROCESSING);
    assert_int_equal(event.occurred_at, bench->event.occurred_at);
}

static void refused_as(struct bench *bench, const struct record *record, const char *stage,
                       const char *code)
{
    struct event event;
    struct refusal refusal = intake_judge(bench->codec, record, &event);
    assert_non_null(refusal.code);
    assert_string_equal(refusal.code, code);
    assert_string_equal(refusal.stage, stage);
    assert_true(strlen(refusal.message) > 0);
    assert_true(refusal_index(refusal.code) >= 0);
}

static void bytes_that_are_no_event(void **state)
{
    struct bench *bench = *state;
    struct record good = record_of(bench, key_of(bench));
    for (size_t len = 0; len < good.value.len; len++) {
        struct record cut = good;
        cut.value.len = len;
        refused_as(bench, &cut, "decode", "truncated");
    }
    struct record none = {.key = good.key};
    refused_as(bench, &none, "decode", "truncated");
    struct record text = {.key = good.key, .value = STR("{\"ma\":1}")};
    refused_as(bench, &text, "decode", "bad_frame");
    struct record newer = {.key = good.key, .value = STR("\0\0\0\0\x63hello")};
    refused_as(bench, &newer, "decode", "unknown_schema");
}

static void a_message_names_the_place_and_not_the_content(void **state)
{
    struct bench *bench = *state;
    struct event event;
    struct record text = {.key = STR("k"), .value = STR("Nguyen")};
    struct refusal refusal = intake_judge(bench->codec, &text, &event);
    assert_non_null(strstr(refusal.message, "at byte 0 of 6"));
    assert_null(strstr(refusal.message, "Nguyen"));
}

static void values_that_no_event_may_have(void **state)
{
    struct bench *bench = *state;
    bench->event.status = 0; /* a progress row says one */
    struct record record = record_of(bench, key_of(bench));
    refused_as(bench, &record, "validate", "invalid_event");
}

static void the_key_must_be_the_dossier(void **state)
{
    struct bench *bench = *state;
    static const char *const others[] = {"", "H24.11713-260601-000", "H24.11713-260601-00011",
                                         "h24.11713-260601-0001"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct record record = record_of(bench, others[i]);
        refused_as(bench, &record, "key", "key_mismatch");
    }
}

/* Metrics are labelled by refusal_codes: every fault of the codec must be there, once, by its name. */
static void every_code_has_its_place(void **state)
{
    (void)state;
    for (int fault = CODEC_OK + 1; fault < CODEC_FAULT_COUNT; fault++)
        assert_int_equal(refusal_index(codec_fault_name((enum codec_fault)fault)), fault - 1);
    static const char *const own[] = {REFUSED_INVALID, REFUSED_KEY, REFUSED_PARTITION,
                                      REFUSED_DATABASE};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        assert_int_equal(refusal_index(own[i]), CODEC_FAULT_COUNT - 1 + (int)i);
    assert_null(refusal_codes[CODEC_FAULT_COUNT - 1 + sizeof own / sizeof *own]);
    assert_int_equal(refusal_index("no_such_code"), -1);
}

static void a_long_message_is_cut(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    struct refusal refusal = refusal_of("store", REFUSED_DATABASE, text);
    assert_int_equal(strlen(refusal.message), sizeof refusal.message - 1);
    assert_null(refusal_none().code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_record_is_an_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_that_are_no_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_message_names_the_place_and_not_the_content, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(values_that_no_event_may_have, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_key_must_be_the_dossier, set_up, tear_down),
        cmocka_unit_test(every_code_has_its_place),
        cmocka_unit_test(a_long_message_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
