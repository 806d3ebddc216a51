#include "aggregator/intake.h"

#include <stdio.h>

/* In the order of enum codec_fault; a test holds them together. */
const char *const refusal_codes[] = {
    "truncated",    "trailing_bytes",  "bad_varint",     "bad_length",
    "bad_utf8",     "bad_boolean",     "bad_branch",     "unknown_symbol",
    "out_of_range", "bad_frame",       "unknown_schema", REFUSED_INVALID,
    REFUSED_KEY,    REFUSED_PARTITION, REFUSED_DATABASE, NULL,
};

int refusal_index(const char *code)
{
    for (int i = 0; refusal_codes[i]; i++) {
        if (strcmp(refusal_codes[i], code) == 0)
            return i;
    }
    return -1;
}

struct refusal refusal_none(void)
{
    return (struct refusal){.code = NULL};
}

struct refusal refusal_of(const char *stage, const char *code, const char *message)
{
    struct refusal refusal = {.stage = stage, .code = code};
    snprintf(refusal.message, sizeof refusal.message, "%s", message);
    return refusal;
}

struct refusal intake_judge(const struct codec *codec, const struct record *record,
                            struct event *ret_event)
{
    size_t offset = 0;
    enum codec_fault fault =
        codec_read(codec, record->value.data, record->value.len, ret_event, &offset);
    if (fault != CODEC_OK) {
        char text[80];
        snprintf(text, sizeof text, "%s at byte %zu of %zu", codec_fault_name(fault), offset,
                 record->value.len);
        return refusal_of("decode", codec_fault_name(fault), text);
    }
    struct error err;
    if (event_validate(ret_event, &err) < 0)
        return refusal_of("validate", REFUSED_INVALID, err.text);
    if (!str_eq(record->key, ret_event->dossier_code))
        return refusal_of("key", REFUSED_KEY, "the record's key is not the event's dossier_code");
    return refusal_none();
}
