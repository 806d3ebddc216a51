/* The fuzz target on its seeds, without libFuzzer: what once was found stays found. */
#include "../fuzz/fuzz_decode.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "golden.h"

static void seeds_are_replayed(void **state)
{
    (void)state;
    glob_t files = golden_files();
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct str data = read_beside(files.gl_pathv[i], ".bin");
        assert_non_null(data.data);
        assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)data.data, data.len), 0);
        free((void *)(uintptr_t)data.data);
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(seeds_are_replayed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
