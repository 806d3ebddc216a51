/* pure */
/* The in-flight ring, step by step: what may be forgotten, and what may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/ring.h"

static struct ring *make(size_t capacity)
{
    struct ring *ring = NULL;
    assert_int_equal(ring_new(capacity, &ring), 0);
    assert_int_equal(ring_capacity(ring), capacity);
    return ring;
}

static uint64_t send_item(struct ring *ring, int64_t position, int records)
{
    uint64_t item = ring_begin(ring, position);
    for (int i = 0; i < records; i++)
        ring_sent(ring, item);
    ring_seal(ring, item);
    return item;
}

static void nothing_is_forgotten_behind_a_gap(void **state)
{
    (void)state;
    struct ring *ring = make(4);
    int64_t position = -1;
    assert_false(ring_advance(ring, &position));
    uint64_t first = send_item(ring, 10, 1);
    uint64_t second = send_item(ring, 20, 2);
    uint64_t third = send_item(ring, 30, 1);
    ring_settled(ring, third);
    ring_settled(ring, second);
    assert_false(ring_advance(ring, &position));
    ring_settled(ring, first);
    assert_true(ring_advance(ring, &position));
    assert_int_equal(position, 10); /* the second still has a record on its way */
    assert_int_equal(ring_size(ring), 2);
    ring_settled(ring, second);
    assert_true(ring_advance(ring, &position));
    assert_int_equal(position, 30);
    assert_false(ring_advance(ring, &position));
    assert_int_equal(ring_size(ring), 0);
    assert_null(ring_free(ring));
}

static void a_record_settled_before_the_seal_does_not_end_the_item(void **state)
{
    (void)state;
    struct ring *ring = make(1);
    int64_t position = -1;
    uint64_t item = ring_begin(ring, 1);
    ring_sent(ring, item);
    ring_settled(ring, item);
    assert_false(ring_advance(ring, &position));
    ring_sent(ring, item);
    ring_seal(ring, item);
    assert_false(ring_advance(ring, &position));
    ring_settled(ring, item);
    assert_true(ring_advance(ring, &position));
    assert_int_equal(position, 1);
    ring_free(ring);
}

static void refused_rows_move_the_prefix_too(void **state)
{
    (void)state;
    struct ring *ring = make(3);
    int64_t position = -1;
    send_item(ring, 1, 0);
    send_item(ring, 2, 0);
    assert_true(ring_advance(ring, &position));
    assert_int_equal(position, 2);
    ring_free(ring);
}

static void it_is_full_until_the_front_is_over(void **state)
{
    (void)state;
    struct ring *ring = make(2);
    int64_t position = -1;
    uint64_t first = send_item(ring, 1, 1);
    uint64_t second = send_item(ring, 2, 1);
    assert_true(ring_full(ring));
    ring_settled(ring, second);
    assert_false(ring_advance(ring, &position));
    assert_true(ring_full(ring));
    ring_settled(ring, first);
    assert_true(ring_advance(ring, &position));
    assert_false(ring_full(ring));
    assert_int_not_equal(send_item(ring, 3, 0), first); /* another item in the same slot */
    assert_null(ring_free(ring));
    assert_null(ring_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_forgotten_behind_a_gap),
        cmocka_unit_test(a_record_settled_before_the_seal_does_not_end_the_item),
        cmocka_unit_test(refused_rows_move_the_prefix_too),
        cmocka_unit_test(it_is_full_until_the_front_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
