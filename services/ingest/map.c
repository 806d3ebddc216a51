#include "ingest/map.h"

#include <stdlib.h>

const char *refusal_name(enum refusal_code code)
{
    static const char *const names[REFUSAL_COUNT] = {
        [REFUSAL_NONE] = "none",
        [REFUSAL_MISSING] = "missing",
        [REFUSAL_BAD_TYPE] = "bad_type",
        [REFUSAL_BAD_TIME] = "bad_time",
        [REFUSAL_TOO_FAR_AHEAD] = "too_far_ahead",
        [REFUSAL_BAD_STATUS] = "bad_status",
        [REFUSAL_UNMAPPED_STATUS] = "unmapped_status",
        [REFUSAL_BAD_CODE] = "bad_code",
        [REFUSAL_TOO_LONG] = "too_long",
        [REFUSAL_BAD_VALUE] = "bad_value",
        [REFUSAL_SECRET] = "state_secret",
        [REFUSAL_TOO_MANY] = "too_many",
        [REFUSAL_NOT_OBJECT] = "not_object",
        [REFUSAL_BAD_JSON] = "bad_json",
        [REFUSAL_BAD_CSV] = "bad_csv",
        [REFUSAL_LINE_TOO_LONG] = "line_too_long",
        [REFUSAL_BAD_AVRO] = "bad_avro",
        [REFUSAL_NOT_ALLOWED] = "not_allowed",
    };
    return names[code];
}

void mapped_init(struct mapped *mapped)
{
    mapped->count = 0;
    mapped->scratch_used = 0;
    mapped->canonical = NULL;
    mapped->canonical_size = 0;
}

void mapped_deinit(struct mapped *mapped)
{
    free(mapped->canonical);
    mapped_init(mapped);
}
