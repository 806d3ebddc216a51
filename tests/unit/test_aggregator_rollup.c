/* links: aggregator */
#include "aggregator/rollup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct rollup rollup;

static int set_up(void **state)
{
    (void)state;
    rollup_init(&rollup);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rollup_deinit(&rollup);
    return 0;
}

static struct daily_cell cell(int32_t day, enum measure measure, int64_t value)
{
    struct daily_cell made = {
        .unit_id = 7, .day = day, .procedure = STR("1.1"), .channel = CHANNEL_ONLINE};
    made.measures[measure] = value;
    return made;
}

static struct contribution of_days(struct daily_cell *cells, size_t count)
{
    return (struct contribution){.daily = cells, .daily_count = count};
}

static struct contribution open_on(int32_t due_day, enum phase phase)
{
    return (struct contribution){.has_open = true,
                                 .open = {7, due_day, STR("1.1"), CHANNEL_ONLINE, phase, 1}};
}

static void add(int32_t partition, struct contribution contribution, int sign)
{
    assert_int_equal(rollup_add(&rollup, partition, &contribution, sign), 0);
}

static int64_t accepted_on(int32_t partition, int32_t day)
{
    int64_t sum = 0;
    for (size_t i = 0; i < rollup.daily_count; i++) {
        const struct daily_delta *delta = &rollup.daily[i];
        if (delta->partition == partition && delta->cell.day == day)
            sum += delta->cell.measures[MEASURE_accepted];
    }
    return sum;
}

static void same_cells_are_summed(void **state)
{
    (void)state;
    struct daily_cell monday = cell(100, MEASURE_accepted, 1);
    struct daily_cell tuesday = cell(101, MEASURE_accepted, 1);
    for (int i = 0; i < 300; i++) /* more than there is room for at first */
        add(0, of_days(i % 3 ? &monday : &tuesday, 1), 1);
    add(1, of_days(&monday, 1), 1);
    rollup_finish(&rollup);
    assert_int_equal(rollup.daily_count, 3);
    assert_int_equal(accepted_on(0, 100), 200);
    assert_int_equal(accepted_on(0, 101), 100);
    assert_int_equal(accepted_on(1, 100), 1);
}

static void each_part_of_the_key_counts(void **state)
{
    (void)state;
    struct daily_cell other[] = {cell(100, MEASURE_accepted, 1), cell(100, MEASURE_accepted, 1),
                                 cell(100, MEASURE_accepted, 1), cell(101, MEASURE_accepted, 1)};
    other[1].unit_id = 8;
    other[2].procedure = STR("1.2");
    struct daily_cell counter = cell(100, MEASURE_accepted, 1);
    counter.channel = CHANNEL_COUNTER;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        add(0, of_days(&other[i], 1), 1);
    add(0, of_days(&counter, 1), 1);
    add(1, of_days(&other[0], 1), 1);
    add(0, open_on(200, PHASE_RUNNING), 1);
    add(0, open_on(200, PHASE_PAUSED), 1);
    add(0, open_on(NO_DAY, PHASE_RUNNING), 1);
    add(1, open_on(200, PHASE_RUNNING), 1);
    rollup_finish(&rollup);
    assert_int_equal(rollup.daily_count, 6);
    assert_int_equal(rollup.open_count, 4);
}

static void what_comes_to_nothing_is_not_written(void **state)
{
    (void)state;
    struct daily_cell monday = cell(100, MEASURE_accepted, 1);
    struct daily_cell tuesday = cell(101, MEASURE_late, 1);
    add(0, of_days(&monday, 1), 1);
    add(0, of_days(&tuesday, 1), -1);
    add(0, of_days(&monday, 1), -1);
    add(0, open_on(200, PHASE_RUNNING), -1);
    add(0, open_on(201, PHASE_RUNNING), 1);
    add(0, open_on(200, PHASE_RUNNING), 1);
    rollup_finish(&rollup);
    assert_int_equal(rollup.daily_count, 1);
    assert_int_equal(rollup.daily[0].cell.day, 101);
    assert_int_equal(rollup.daily[0].cell.measures[MEASURE_late], -1);
    assert_int_equal(rollup.open_count, 1);
    assert_int_equal(rollup.open[0].cell.due_day, 201);
}

/* One measure up and another down in one cell is a change, though the sum of both is zero. */
static void a_change_of_verdict_is_a_change(void **state)
{
    (void)state;
    struct daily_cell late = cell(100, MEASURE_late, 1);
    struct daily_cell early = cell(100, MEASURE_early, 1);
    add(0, of_days(&late, 1), -1);
    add(0, of_days(&early, 1), 1);
    rollup_finish(&rollup);
    assert_int_equal(rollup.daily_count, 1);
    assert_int_equal(rollup.daily[0].cell.measures[MEASURE_early], 1);
    assert_int_equal(rollup.daily[0].cell.measures[MEASURE_late], -1);
    assert_true(daily_delta_takes(&rollup.daily[0]));
}

static void only_what_takes_can_empty_a_cell(void **state)
{
    (void)state;
    struct daily_delta delta = {.cell = cell(100, MEASURE_work_more, 1)};
    assert_false(daily_delta_takes(&delta));
    delta.cell.measures[MEASURE_work_more] = -1;
    assert_true(daily_delta_takes(&delta));
    delta.cell.measures[MEASURE_submitted] = 5;
    assert_true(daily_delta_takes(&delta));
}

static void cleared_it_begins_anew(void **state)
{
    (void)state;
    struct daily_cell monday = cell(100, MEASURE_accepted, 1);
    add(0, of_days(&monday, 1), 1);
    add(0, open_on(200, PHASE_RUNNING), 1);
    rollup_clear(&rollup);
    rollup_finish(&rollup);
    assert_int_equal(rollup.daily_count, 0);
    assert_int_equal(rollup.open_count, 0);
    add(0, of_days(&monday, 1), 1);
    rollup_finish(&rollup);
    assert_int_equal(accepted_on(0, 100), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_cells_are_summed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_part_of_the_key_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_comes_to_nothing_is_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_of_verdict_is_a_change, set_up, tear_down),
        cmocka_unit_test(only_what_takes_can_empty_a_cell),
        cmocka_unit_test_setup_teardown(cleared_it_begins_anew, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
