/* links: aggregator */
#include "aggregator/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MAX = 6, VALUE_SIZE = 256 };

static struct bench {
    struct codec *codec;
    struct codec_writer *writer;
    struct batch *batch;
    char values[MAX * 4][VALUE_SIZE];
    size_t value_count;
} bench;

static int set_up(void **state)
{
    (void)state;
    bench.value_count = 0;
    bench.batch = batch_new(MAX);
    return !bench.batch || codec_new(&codec_event_layout, &bench.codec, NULL) < 0 ||
                   codec_writer_new(&codec_event_layout, &bench.writer, NULL) < 0
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    (void)state;
    codec_writer_free(bench.writer);
    codec_free(bench.codec);
    bench.batch = batch_free(bench.batch);
    return 0;
}

static struct mono at_ms(int64_t ms)
{
    return (struct mono){ms * 1000};
}

/* A record of that dossier; code NULL = one that nobody can read. */
static struct record record_of(int32_t partition, int64_t offset, const char *code)
{
    struct record record = {.partition = partition, .offset = offset, .value = STR("?")};
    if (!code)
        return record;
    struct event event = event_empty();
    event.kind = EVENT_PAID;
    event.source = STR("motcua");
    event.dossier_code = str_of(code);
    event.occurred_at = event.ingested_at = 1782865800000;
    struct str value;
    assert_int_equal(codec_write(bench.writer, &event, &value, NULL), 0);
    char *kept = bench.values[bench.value_count++];
    assert_true(value.len <= VALUE_SIZE && bench.value_count <= MAX * 4);
    memcpy(kept, value.data, value.len);
    record.key = str_of(code);
    record.value = (struct str){kept, value.len};
    return record;
}

static void add(int32_t partition, int64_t offset, const char *code)
{
    struct record record = record_of(partition, offset, code);
    batch_add(bench.batch, &record, at_ms(0));
    assert_null(record.value.data); /* taken over */
}

/* "partition/offset …" of what is in hand, in its order. */
static const char *in_hand(void)
{
    static char text[256];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < bench.batch->count; i++) {
        const struct record *record = &bench.batch->items[i].record;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d/%lld", i ? " " : "",
                                 (int)record->partition, (long long)record->offset);
    }
    return text;
}

static void is_full_at_its_size(void **state)
{
    (void)state;
    for (int i = 0; i < MAX; i++) {
        assert_false(batch_full(bench.batch));
        add(0, i, "A");
    }
    assert_true(batch_full(bench.batch));
    assert_int_equal(batch_wait_ms(bench.batch, 1000, at_ms(0)), 0);
}

static void waits_for_the_age_of_its_first_record(void **state)
{
    (void)state;
    struct record record = record_of(0, 1, "A");
    assert_int_equal(batch_wait_ms(bench.batch, 20, at_ms(0)), -1);
    batch_add(bench.batch, &record, at_ms(100));
    record = record_of(0, 2, "A");
    batch_add(bench.batch, &record, at_ms(115));
    assert_int_equal(batch_wait_ms(bench.batch, 20, at_ms(100)), 20);
    assert_int_equal(batch_wait_ms(bench.batch, 20, at_ms(119)), 1);
    assert_int_equal(batch_wait_ms(bench.batch, 20, at_ms(120)), 0);
    assert_int_equal(batch_wait_ms(bench.batch, 20, at_ms(999)), 0);
    assert_int_equal(batch_wait_ms(bench.batch, 0, at_ms(100)), 0);
    batch_done(bench.batch, 2);
    record = record_of(0, 3, "A");
    batch_add(bench.batch, &record, at_ms(200)); /* counts anew */
    assert_int_equal(batch_wait_ms(bench.batch, 20, at_ms(205)), 15);
}

static void what_is_committed_goes_from_the_front(void **state)
{
    (void)state;
    add(0, 5, "A");
    add(1, 9, "B");
    add(0, 6, NULL);
    batch_done(bench.batch, 0);
    assert_string_equal(in_hand(), "0/5 1/9 0/6");
    batch_done(bench.batch, 2);
    assert_string_equal(in_hand(), "0/6");
    batch_done(bench.batch, 1);
    assert_int_equal(bench.batch->count, 0);
}

static void what_was_committed_before_is_forgotten(void **state)
{
    (void)state;
    add(0, 5, "A");
    add(1, 5, "B");
    add(0, 6, NULL);
    add(0, 7, "C");
    batch_forget(bench.batch, 0, 5);
    assert_string_equal(in_hand(), "0/5 1/5 0/6 0/7");
    batch_forget(bench.batch, 0, 7);
    assert_string_equal(in_hand(), "1/5 0/7");
    batch_forget(bench.batch, 2, INT64_MAX);
    assert_string_equal(in_hand(), "1/5 0/7");
    batch_forget(bench.batch, 0, INT64_MAX);
    assert_string_equal(in_hand(), "1/5");
    batch_forget(bench.batch, 1, INT64_MAX);
    assert_int_equal(bench.batch->count, 0);
}

/* "CODE: offset …; " for each group, by first arrival, of the first n records. */
static const char *groups(size_t n)
{
    static char text[512];
    size_t used = 0;
    text[0] = '\0';
    assert_int_equal(batch_group(bench.batch, n, bench.codec), 0);
    for (size_t i = 0; i < bench.batch->group_count; i++) {
        const struct batch_group *group = &bench.batch->groups[i];
        uint32_t count = 0;
        uint32_t last = BATCH_NONE;
        used += (size_t)snprintf(text + used, sizeof text - used, "%.*s:", STR_ARG(group->code));
        for (uint32_t k = group->first; k != BATCH_NONE; k = bench.batch->items[k].next) {
            used += (size_t)snprintf(text + used, sizeof text - used, " %lld",
                                     (long long)bench.batch->items[k].record.offset);
            last = k;
            count++;
        }
        assert_int_equal(count, group->count);
        assert_int_equal(last, group->last);
        used += (size_t)snprintf(text + used, sizeof text - used, "; ");
    }
    return text;
}

static void groups_are_dossiers_in_order_of_arrival(void **state)
{
    (void)state;
    add(0, 1, "B");
    add(0, 2, "A");
    add(0, 3, NULL);
    add(0, 4, "B");
    add(0, 5, "A1");
    add(0, 6, "A");
    assert_string_equal(groups(6), "B: 1 4; A: 2 6; A1: 5; ");
    assert_string_equal(groups(4), "B: 1 4; A: 2; ");
    assert_string_equal(groups(0), "");
}

static void the_unreadable_are_known_by_their_refusal(void **state)
{
    (void)state;
    add(0, 1, NULL);
    add(0, 2, "A");
    assert_string_equal(groups(2), "A: 2; ");
    assert_non_null(bench.batch->items[0].refusal);
    assert_null(bench.batch->items[1].refusal);
    struct refusal refused = refusal_of("store", REFUSED_DATABASE, "no");
    assert_int_equal(batch_refuse(&bench.batch->items[1], &refused), 0);
    assert_string_equal(groups(2), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_full_at_its_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_for_the_age_of_its_first_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_committed_goes_from_the_front, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_committed_before_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(groups_are_dossiers_in_order_of_arrival, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_unreadable_are_known_by_their_refusal, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
