/* What several fuzz targets need. */
#ifndef HOSO_TESTS_FUZZ_H
#define HOSO_TESTS_FUZZ_H

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding where it does not hold. */
static inline void must(bool holds)
{
    if (!holds)
        abort();
}

/* Takes the next line, without its end, off *rest; empty once nothing is left. */
static inline struct str next_line(struct str *rest)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    struct str line = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t step = end ? line.len + 1 : line.len;
    *rest = (struct str){rest->data + step, rest->len - step};
    return line;
}

#endif
