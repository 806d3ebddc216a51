/* For the tests of the mappers: one row of JSON in, events or a refusal out. */
#ifndef HOSO_TESTS_MAP_FIXTURE_H
#define HOSO_TESTS_MAP_FIXTURE_H

#include "ingest/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2026-07-01T12:00:00+07:00 */
#define NOON INT64_C(1782882000000)

static struct source test_source = {
    .name = {"motcua", 6}, .trust = TRUST_LOCAL, .subject_map = SUBJECT_MAP_TD};
static struct map_input test_input = {.source = &test_source,
                                      .event_key = {"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", 32},
                                      .officer_key = {"oooooooooooooooooooooooooooooooo", 32},
                                      .agency = {"H24.11713", 9},
                                      .ingested_at = NOON};

/* What a row gave. Keeps the document, because events are views into it. */
struct outcome {
    int result;
    struct json_doc *doc;
    struct refusal refusal;
    struct mapped *mapped;
};

static inline struct outcome map_text(map_row *map, const char *text)
{
    struct outcome outcome = {.mapped = malloc(sizeof *outcome.mapped)};
    struct error err = {""};
    assert_non_null(outcome.mapped);
    mapped_init(outcome.mapped);
    if (json_parse(str_of(text), &outcome.doc, &err) != 0)
        fail_msg("%s: %s", err.text, text);
    outcome.result = map(&test_input, json_root(outcome.doc), outcome.mapped, &outcome.refusal);
    return outcome;
}

static inline void outcome_deinit(struct outcome *outcome)
{
    json_doc_free(outcome->doc);
    mapped_deinit(outcome->mapped);
    free(outcome->mapped);
}

/* The row with "field":value put in place of the field's own member, or added. base ends in "}" and has no nested objects before. */
static inline const char *with_member(const char *base, const char *field, const char *value)
{
    static char text[8192];
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", field);
    const char *at = strstr(base, quoted);
    if (!at) {
        snprintf(text, sizeof text, "%.*s,%s%s}", (int)strlen(base) - 1, base, quoted, value);
        return text;
    }
    const char *end = at + strlen(quoted);
    end += strcspn(end, ",}");
    snprintf(text, sizeof text, "%.*s%s%s%s", (int)(at - base), base, quoted, value, end);
    return text;
}

static inline void assert_refused_text(map_row *map, const char *text, enum refusal_code code,
                                       const char *field)
{
    struct outcome outcome = map_text(map, text);
    if (outcome.result != MAP_REFUSED || outcome.refusal.code != code ||
        strcmp(outcome.refusal.field, field) != 0)
        fail_msg("%s\ngave %d, %s at \"%s\"; wanted %s at \"%s\"", text, outcome.result,
                 refusal_name(outcome.refusal.code), outcome.refusal.field, refusal_name(code),
                 field);
    outcome_deinit(&outcome);
}

struct bad_member {
    const char *field;
    const char *value;
    enum refusal_code code;
    const char *place; /* NULL = field */
};

static inline void assert_members_refused(map_row *map, const char *base,
                                          const struct bad_member *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_refused_text(map, with_member(base, rows[i].field, rows[i].value), rows[i].code,
                            rows[i].place ? rows[i].place : rows[i].field);
}

static inline struct outcome map_good(map_row *map, const char *text)
{
    struct outcome outcome = map_text(map, text);
    if (outcome.result != 0)
        fail_msg("%s\nrefused: %s at \"%s\"", text, refusal_name(outcome.refusal.code),
                 outcome.refusal.field);
    return outcome;
}

/* Whether both rows are accepted and their first events have one id. */
static inline bool same_id(map_row *map, const char *one, const char *other)
{
    char *copy = strdup(one); /* both may come from with_member */
    assert_non_null(copy);
    struct outcome b = map_good(map, other);
    struct outcome a = map_good(map, copy);
    bool same =
        memcmp(a.mapped->events[0].event_id, b.mapped->events[0].event_id, EVENT_ID_SIZE) == 0;
    outcome_deinit(&a);
    outcome_deinit(&b);
    free(copy);
    return same;
}

#endif
