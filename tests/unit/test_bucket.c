/* pure */
/* The token bucket: what gets through, and how long to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bucket.h"

static struct mono at_ms(int64_t ms)
{
    return (struct mono){ms * 1000};
}

static void the_rate_holds_on_average(void **state)
{
    (void)state;
    struct bucket bucket = bucket_make(10, 5, at_ms(0));
    int passed = 0;
    for (int64_t ms = 0; ms < 60000; ms++) {
        if (bucket_open(&bucket, at_ms(ms))) {
            bucket_pay(&bucket, 1);
            passed++;
        }
    }
    assert_in_range(passed, 5 + 599, 5 + 600);
}

static void a_large_request_passes_and_pays(void **state)
{
    (void)state;
    struct bucket bucket = bucket_make(10, 5, at_ms(0));
    assert_true(bucket_open(&bucket, at_ms(0)));
    assert_int_equal(bucket_wait_s(&bucket, at_ms(0)), 1);
    bucket_pay(&bucket, 104); /* 5 - 104 = -99: a hundred tokens until there is one */
    assert_int_equal(bucket_wait_s(&bucket, at_ms(0)), 10);
    assert_false(bucket_open(&bucket, at_ms(9999)));
    assert_int_equal(bucket_wait_s(&bucket, at_ms(9999)), 1);
    assert_true(bucket_open(&bucket, at_ms(10000)));
}

static void it_never_holds_more_than_the_burst(void **state)
{
    (void)state;
    struct bucket bucket = bucket_make(1000000000, 2, at_ms(0));
    bucket_pay(&bucket, 1);
    for (int i = 0; i < 2; i++) {
        assert_true(bucket_open(&bucket, at_ms(INT64_C(1) << 50)));
        bucket_pay(&bucket, 1);
    }
    assert_false(bucket_open(&bucket, at_ms(INT64_C(1) << 50)));
    assert_false(bucket_open(&bucket, at_ms(0))); /* time that goes back fills nothing */
}

static void no_rate_is_no_limit(void **state)
{
    (void)state;
    struct bucket bucket = bucket_make(0, 1, at_ms(0));
    bucket_pay(&bucket, 1000000);
    assert_true(bucket_open(&bucket, at_ms(0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_holds_on_average),
        cmocka_unit_test(a_large_request_passes_and_pays),
        cmocka_unit_test(it_never_holds_more_than_the_burst),
        cmocka_unit_test(no_rate_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
