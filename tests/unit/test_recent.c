/* pure */
/* The bounded memory: what is found, what makes room, against a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/recent.h"

static struct recent_item item_of(uint32_t number)
{
    struct recent_item item = {.at = number, .count = number};
    /* Few first bytes: many share a bucket. */
    item.digest[0] = (uint8_t)(number % 3);
    memcpy(item.digest + 8, &number, sizeof number);
    return item;
}

static struct recent_item *find(const struct recent *recent, uint32_t number)
{
    struct recent_item item = item_of(number);
    return recent_find(recent, item.digest);
}

static void the_oldest_makes_room(void **state)
{
    (void)state;
    struct recent *recent = NULL;
    struct recent_item forgotten = {0};
    assert_int_equal(recent_new(3, &recent), 0);
    assert_null(recent_oldest(recent));
    for (uint32_t n = 1; n <= 3; n++) {
        struct recent_item item = item_of(n);
        assert_false(recent_add(recent, &item, &forgotten));
    }
    assert_int_equal(recent_size(recent), 3);
    find(recent, 2)->state = 7;
    struct recent_item item = item_of(4);
    assert_true(recent_add(recent, &item, &forgotten));
    assert_int_equal(forgotten.at, 1);
    assert_null(find(recent, 1));
    assert_int_equal(find(recent, 2)->state, 7);
    assert_int_equal(recent_oldest(recent)->at, 2);
    recent_forget_oldest(recent);
    assert_null(find(recent, 2));
    assert_int_equal(recent_size(recent), 2);
    assert_null(recent_free(recent));
    assert_null(recent_free(NULL));
}

static void it_is_a_list_that_is_found_in(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity <= 9; capacity++) {
        struct recent *recent = NULL;
        struct recent_item forgotten;
        uint32_t first = 0;
        assert_int_equal(recent_new(capacity, &recent), 0);
        srand((unsigned)capacity);
        for (uint32_t next = 0; next < 500;) {
            if (rand() % 4 == 0 && first < next) {
                recent_forget_oldest(recent);
                first++;
            } else {
                struct recent_item item = item_of(next++);
                bool full = next - first > capacity;
                assert_true(recent_add(recent, &item, &forgotten) == full);
                if (full)
                    assert_int_equal(forgotten.at, first++);
            }
            assert_int_equal(recent_size(recent), next - first);
            for (uint32_t n = 0; n < next; n++) {
                const struct recent_item *found = find(recent, n);
                assert_true((found != NULL) == (n >= first));
                if (found)
                    assert_int_equal(found->count, n);
            }
        }
        recent_free(recent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_makes_room),
        cmocka_unit_test(it_is_a_list_that_is_found_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
