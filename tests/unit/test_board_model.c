/* links: board */
#include "board/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "board/sheet.h"
#include "board/throttle.h"

static struct model model;
static struct json_out *out;
static struct json_doc *doc;

static int set_up(void **state)
{
    (void)state;
    static const struct place places[] = {{.unit_id = 1, .code = "10507", .name = "Một"},
                                          {.unit_id = 2, .code = "11713", .name = "Hai"}};
    model_init(&model, 0xabcdef01);
    out = json_out_new();
    assert_non_null(out);
    assert_int_equal(model_set_places(&model, places, 2), 0);
    model_set_today(&model, 20000);
    assert_true(model_finish(&model, 1000));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    doc = json_doc_free(doc);
    out = json_out_free(out);
    model_deinit(&model);
    return 0;
}

/* What a client at revision `since` is told. */
static const struct json *told(int64_t since)
{
    struct error err = {""};
    json_out_clear(out);
    model_write(&model, since, 2000, out);
    doc = json_doc_free(doc);
    if (json_parse(json_out_text(out), &doc, &err) < 0)
        fail_msg("%s", err.text);
    return json_root(doc);
}

static size_t count_of(const struct json *update, const char *key)
{
    return json_size(json_get(update, key));
}

static bool is_snapshot(const struct json *update)
{
    bool snapshot = false;
    assert_true(json_to_bool(json_get(update, "snapshot"), &snapshot));
    return snapshot;
}

static void change_figure(int32_t unit_id, int64_t value)
{
    int64_t figures[FIGURE_COUNT] = {0};
    figures[FIGURE_RUNNING] = value;
    model_set_figures(&model, model_place(&model, unit_id), figures);
}

static struct feed_item event_at(uint8_t id, int64_t at)
{
    struct feed_item item = {.ingested_at = at, .occurred_at = at, .unit_id = 2};
    item.event_id[0] = id;
    return item;
}

static struct alert_item alert(uint8_t id)
{
    struct alert_item item = {.unit_id = 2, .due_at = 1, .fired_at = 2, .snoozed_until = NO_TIME};
    item.alert_id[0] = id;
    return item;
}

static void a_snapshot_has_everything(void **state)
{
    (void)state;
    const struct json *update = told(0);
    assert_true(is_snapshot(update));
    assert_int_equal(count_of(update, "figures"), FIGURE_COUNT);
    assert_int_equal(count_of(update, "units"), 2);
    assert_int_equal(count_of(update, "rows"), 2);
    assert_null(json_get(update, "gone"));
}

static void a_delta_has_what_changed_since(void **state)
{
    (void)state;
    int64_t first = model.revision;
    change_figure(2, 7);
    assert_true(model_finish(&model, 1100));
    int64_t second = model.revision;
    change_figure(1, 1);
    struct feed_item item = event_at(1, 50);
    model_add_feed(&model, &item);
    assert_true(model_finish(&model, 1200));

    const struct json *update = told(second);
    assert_false(is_snapshot(update));
    assert_int_equal(count_of(update, "rows"), 1);
    assert_int_equal(count_of(update, "feed"), 1);
    assert_true(str_eq(json_text(json_at(json_at(json_get(update, "rows"), 0), 0)), STR("10507")));
    update = told(first);
    assert_int_equal(count_of(update, "rows"), 2);
    update = told(model.revision);
    assert_int_equal(count_of(update, "rows") + count_of(update, "feed"), 0);
}

static void nothing_new_makes_no_revision(void **state)
{
    (void)state;
    change_figure(2, 0);
    model_set_today(&model, 20000);
    model_set_alerts(&model, NULL, 0);
    int64_t before = model.revision;
    assert_false(model_finish(&model, 5000));
    assert_int_equal(model.revision, before);
    assert_int_equal(model.data_at, 5000);
}

static void the_feed_keeps_the_newest_once(void **state)
{
    (void)state;
    for (int i = 0; i < FEED_MAX + 10; i++) {
        struct feed_item item = event_at((uint8_t)i, 1000 + i);
        model_add_feed(&model, &item);
        model_add_feed(&model, &item);
    }
    struct feed_item old = event_at(200, 1);
    model_add_feed(&model, &old);
    assert_int_equal(model.feed_count, FEED_MAX);
    for (int i = 0; i < FEED_MAX; i++)
        assert_int_equal(model.feed[i].ingested_at, 1000 + FEED_MAX + 9 - i);
    /* A batch that was committed later stands where its time puts it. */
    struct feed_item between = event_at(250, 1000 + FEED_MAX + 9);
    model_add_feed(&model, &between);
    assert_int_equal(model.feed_count, FEED_MAX);
}

static void an_alert_that_went_is_told(void **state)
{
    (void)state;
    struct alert_item both[] = {alert(1), alert(2)};
    model_set_alerts(&model, both, 2);
    model_finish(&model, 1);
    int64_t with_both = model.revision;
    model_set_alerts(&model, &both[1], 1);
    model_finish(&model, 2);
    int64_t with_one = model.revision;
    const struct json *update = told(with_both);
    assert_int_equal(count_of(update, "gone"), 1);
    assert_int_equal(count_of(update, "alerts"), 0);
    /* Back again: told as there, not as gone. */
    model_set_alerts(&model, both, 2);
    model_finish(&model, 3);
    update = told(with_both);
    assert_int_equal(count_of(update, "gone"), 0);
    assert_int_equal(count_of(update, "alerts"), 1);
    update = told(with_one);
    assert_int_equal(count_of(update, "alerts"), 1);
}

static void who_is_too_far_behind_gets_a_snapshot(void **state)
{
    (void)state;
    int64_t before = model.revision;
    for (int i = 0; i < GONE_MAX + 1; i++) {
        struct alert_item one = alert((uint8_t)(i % 250));
        one.alert_id[1] = (uint8_t)(i / 250);
        model_set_alerts(&model, &one, 1);
        model_finish(&model, i);
        model_set_alerts(&model, NULL, 0);
        model_finish(&model, i);
    }
    assert_true(is_snapshot(told(before)));
    assert_false(is_snapshot(told(model.revision - 1)));
}

static void a_new_list_of_communes_is_a_snapshot(void **state)
{
    (void)state;
    static const struct place one[] = {{.unit_id = 2, .code = "11713", .name = "Tên mới"}};
    int64_t before = model.revision;
    change_figure(2, 9);
    model_finish(&model, 1);
    assert_int_equal(model_set_places(&model, one, 1), 0);
    model_finish(&model, 2);
    assert_true(is_snapshot(told(before)));
    assert_int_equal(model.places[0].figures[FIGURE_RUNNING], 9);
}

static void ids_of_others_mean_nothing(void **state)
{
    (void)state;
    char id[MODEL_ID_SIZE];
    assert_string_equal(model_id(&model, id), "abcdef01-1");
    assert_int_equal(model_since(&model, STR("abcdef01-1")), 1);
    static const char *const wrong[] = {"",
                                        "abcdef01-2",
                                        "abcdef01-0",
                                        "abcdef01--1",
                                        "abcdef02-1",
                                        "abcdef01-",
                                        "abcdef01-1x",
                                        "1",
                                        "abcdef01-99999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(model_since(&model, str_of(wrong[i])), 0);
}

static void the_rate_is_of_the_window(void **state)
{
    (void)state;
    struct rate rate = {0};
    struct mono now = {1000000};
    assert_int_equal(rate_milli(&rate, now), 0);
    for (int i = 0; i <= 200; i++) {
        now.us = 1000000 + i * 100000;
        rate_add(&rate, now, i * 5); /* 50 a second */
    }
    assert_in_range(rate_milli(&rate, now), 48000, 52000);
    struct mono later = {now.us + 30 * 1000000};
    assert_int_equal(rate_milli(&rate, later), 0);
    rate_add(&rate, later, 3); /* tables made anew */
    assert_int_equal(rate_milli(&rate, later), 0);
}

static void metrics_are_summed_over_labels(void **state)
{
    (void)state;
    struct str text = STR("# HELP lag x\nlag{partition=\"0\"} 5\nlag{partition=\"1\"} 7\n"
                          "lag_other 100\nheld 0");
    assert_int_equal(metrics_sum(text, "lag"), 12);
    assert_int_equal(metrics_sum(text, "held"), 0);
    assert_int_equal(metrics_sum(text, "absent"), -1);
    assert_int_equal(metrics_sum(STR_NONE, "lag"), -1);
}

static void guessing_gets_slower(void **state)
{
    (void)state;
    static struct throttle throttle;
    struct mono now = {0};
    for (int i = 0; i < THROTTLE_FREE_FAILURES; i++) {
        assert_int_equal(throttle_wait_s(&throttle, STR("a"), now), 0);
        throttle_failed(&throttle, STR("a"), now);
    }
    assert_int_equal(throttle_wait_s(&throttle, STR("a"), now), 2);
    assert_int_equal(throttle_wait_s(&throttle, STR("b"), now), 0);
    throttle_failed(&throttle, STR("a"), now);
    assert_int_equal(throttle_wait_s(&throttle, STR("a"), now), 4);
    now.us += 3900000;
    assert_int_equal(throttle_wait_s(&throttle, STR("a"), now), 1);
    for (int i = 0; i < 50; i++)
        throttle_failed(&throttle, STR("a"), now);
    assert_int_equal(throttle_wait_s(&throttle, STR("a"), now), THROTTLE_WAIT_MAX_S);
    /* Others cannot push it out before it has been quiet longest. */
    now.us += 1000;
    for (int i = 0; i < THROTTLE_ENTRIES - 1; i++) {
        char word[16];
        snprintf(word, sizeof word, "x%d", i);
        throttle_failed(&throttle, str_of(word), now);
    }
    assert_int_equal(throttle_wait_s(&throttle, STR("a"), now), THROTTLE_WAIT_MAX_S);
    throttle_succeeded(&throttle, STR("a"));
    assert_int_equal(throttle_wait_s(&throttle, STR("a"), now), 0);
}

static void csv_cells(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", NULL};
    struct sheet sheet;
    assert_true(sheet_open(&sheet, true, NULL, NULL, names));
    sheet_row(&sheet);
    sheet_text(&sheet, STR("nói \"có\", nhé"));
    sheet_text(&sheet, STR("=HYPERLINK()"));
    sheet_integer(&sheet, -5);
    sheet_time(&sheet, NO_TIME);
    sheet_day(&sheet, 0);
    sheet_row_end(&sheet);
    struct str text = sheet_end(&sheet);
    assert_true(str_eq(text, STR("\xEF\xBB\xBF"
                                 "a,b,c,d,e\r\n\"nói \"\"có\"\", nhé\",\"'=HYPERLINK()\",-5,,"
                                 "1970-01-01\r\n")));
    sheet_close(&sheet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_snapshot_has_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_delta_has_what_changed_since, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_new_makes_no_revision, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_feed_keeps_the_newest_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_alert_that_went_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_too_far_behind_gets_a_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_list_of_communes_is_a_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ids_of_others_mean_nothing, set_up, tear_down),
        cmocka_unit_test(the_rate_is_of_the_window),
        cmocka_unit_test(metrics_are_summed_over_labels),
        cmocka_unit_test(guessing_gets_slower),
        cmocka_unit_test(csv_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
