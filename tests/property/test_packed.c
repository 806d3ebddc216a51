/* links: aggregator */
#include "random_dossier.h"

#include <stdio.h>

#include "aggregator/cache.h"

/* An event out of memory folds as the event itself. */

static struct event kept_of(const struct event *event)
{
    struct event kept = *event;
    kept.source = STR_NONE;
    kept.occurred_original_at = NO_TIME;
    return kept;
}

/* Every given field, whatever it is: two structs differ where their bytes do, but for the text, which is compared as text. */
static void assert_same_event(const struct event *a, const struct event *b)
{
    struct event x = *a;
    struct event y = *b;
    struct str *const texts[][2] = {
        {&x.source, &y.source},
        {&x.dossier_code, &y.dossier_code},
        {&x.alternative_code, &y.alternative_code},
        {&x.procedure_code, &y.procedure_code},
        {&x.field_code, &y.field_code},
        {&x.deciding_agency, &y.deciding_agency},
        {&x.receiving_agency, &y.receiving_agency},
        {&x.deciding_unit, &y.deciding_unit},
        {&x.late_reason, &y.late_reason},
        {&x.transfer_from, &y.transfer_from},
        {&x.transfer_to, &y.transfer_to},
        {&x.alias_of, &y.alias_of},
        {&x.officer, &y.officer},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_true(str_eq(*texts[i][0], *texts[i][1]));
        *texts[i][0] = *texts[i][1] = STR_NONE;
    }
    assert_memory_equal(&x, &y, sizeof x);
}

/* event_empty has defined padding only as far as memset gives it: copies of one struct on both sides. */
static void check(struct words *words, const struct event *event)
{
    uint8_t bytes[PACKED_MAX];
    struct event wanted;
    struct event found;
    memset(&wanted, 0, sizeof wanted);
    memset(&found, 0, sizeof found);
    wanted = kept_of(event);
    size_t size = pack_event(words, event, bytes);
    assert_in_range(size, 1, PACKED_MAX);
    assert_int_equal(unpack_event(words, bytes, event->dossier_code, &found), size);
    assert_same_event(&wanted, &found);
}

static void random_events_come_back(void **state)
{
    (void)state;
    struct words *words = words_new();
    struct random random = {7};
    for (int i = 0; i < 20000; i++) {
        struct event event = random_event(&random, (uint8_t)i);
        check(words, &event);
    }
    words_free(words);
}

/* The longest of everything, and the ends of the time range. */
static void extremes_come_back(void **state)
{
    (void)state;
    static char longest[CODE_MAX + 1];
    memset(longest, 'x', CODE_MAX);
    struct words *words = words_new();
    struct event event = event_empty();
    memset(event.event_id, 0xff, EVENT_ID_SIZE);
    event.kind = EVENT_ERASED;
    event.trust = TRUST_LOCAL;
    event.time_basis = BASIS_INGEST;
    struct str *texts[] = {&event.dossier_code,  &event.alternative_code, &event.procedure_code,
                           &event.field_code,    &event.deciding_agency,  &event.receiving_agency,
                           &event.deciding_unit, &event.late_reason,      &event.transfer_from,
                           &event.transfer_to,   &event.alias_of,         &event.officer};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = str_of(longest);
    int64_t *times[] = {&event.occurred_at, &event.submitted_at,  &event.accepted_at,
                        &event.due_at,      &event.due_before_at, &event.ended_at,
                        &event.returned_at, &event.refused_at,    &event.step_due_at};
    for (int side = 0; side < 2; side++) {
        event.ingested_at = side ? TIME_MAX_AT : TIME_MIN_AT;
        for (size_t i = 0; i < sizeof times / sizeof *times; i++)
            *times[i] = side ? TIME_MIN_AT : TIME_MAX_AT;
        event.status = STATUS_RETURNED;
        event.rating = 5;
        event.channel = CHANNEL_OTHER;
        event.subject = SUBJECT_OTHER;
        event.online_level = LEVEL_FULL;
        event.due_reason = DUE_CORRECTION;
        event.non_territorial = event.fee_due = event.paid = event.paid_online = TRI_NO;
        event.digitised = event.apology_sent = TRI_YES;
        check(words, &event);
    }
    words_free(words);
}

/* Full: the event cannot be kept, and what was kept stays readable. */
static void words_are_bounded(void **state)
{
    (void)state;
    struct words *words = words_new();
    char text[16];
    for (uint32_t i = 1; i <= WORDS_MAX; i++) {
        snprintf(text, sizeof text, "%u", i);
        assert_int_equal(words_number(words, str_of(text)), i);
    }
    assert_int_equal(words_number(words, STR("one more")), 0);
    assert_int_equal(words_number(words, STR("77")), 77);
    assert_true(str_eq(words_text(words, 65000), STR("65000")));
    struct event event = event_empty();
    uint8_t bytes[PACKED_MAX];
    event.procedure_code = STR("one more");
    assert_int_equal(pack_event(words, &event, bytes), 0);
    words_free(words);
}

/* ---- the cache, against a plain list of what it should know ---- */

enum { CODES = 400, STEPS = 60000 };

struct model {
    char codes[CODES][16];
    int64_t ids[CODES]; /* 0 = not there */
    size_t counts[CODES];
};

static struct known *find(const struct cache *cache, const struct model *model, size_t i)
{
    struct str code = str_of(model->codes[i]);
    return cache_find(cache, code, text_hash(code));
}

static void compare(const struct cache *cache, const struct model *model)
{
    size_t there = 0;
    for (size_t i = 0; i < CODES; i++) {
        const struct known *known = find(cache, model, i);
        assert_true((known != NULL) == (model->ids[i] != 0));
        if (!known)
            continue;
        there++;
        assert_int_equal(known->dossier_id, model->ids[i]);
        assert_int_equal(known->event_count, model->counts[i]);
        const uint8_t *at = known_events(known);
        for (size_t k = 0; k < known->event_count; k++) {
            struct event event;
            at += unpack_event(cache_words(cache), at, known_code(known), &event);
            assert_int_equal(event.status, k % 10 + 1);
        }
        assert_ptr_equal(at, known_events(known) + known->size);
    }
    assert_int_equal(cache_count(cache), there);
}

static void one_step(struct cache *cache, struct model *model, struct random *random, size_t i)
{
    struct known *known = find(cache, model, i);
    struct str code = str_of(model->codes[i]);
    if (known && random_chance(random, 6)) {
        cache_remove(cache, known);
        model->ids[i] = 0;
        return;
    }
    if (!known) {
        model->ids[i] = 1 + random_next(random);
        model->counts[i] = 0;
        known = cache_add(cache, code, text_hash(code), model->ids[i], 3);
        assert_non_null(known);
    }
    struct event event = event_empty();
    event.ingested_at = event.occurred_at = TIME_MIN_AT;
    event.status = (int32_t)(model->counts[i] % 10) + 1;
    const struct event *view = &event;
    assert_non_null(cache_append(cache, known, &view, 1));
    model->counts[i]++;
}

static void the_cache_knows_what_it_was_told(void **state)
{
    (void)state;
    static struct model model;
    struct cache *cache = cache_new(1 << 30);
    struct random random = {5};
    for (size_t i = 0; i < CODES; i++)
        snprintf(model.codes[i], sizeof model.codes[i], "H24.%zu", i * 7919);
    for (int step = 0; step < STEPS; step++) {
        one_step(cache, &model, &random, random_below(&random, CODES));
        if (step % 500 == 0)
            cache_settle(cache);
        if (step % 1000 == 0)
            compare(cache, &model);
    }
    compare(cache, &model);
    cache_clear(cache);
    memset(model.ids, 0, sizeof model.ids);
    compare(cache, &model);
    cache_free(cache);
}

/* What was touched stays until the batch is over; then ended dossiers go first, and the limit holds. */
static void the_cache_forgets_ended_ones_first(void **state)
{
    (void)state;
    struct cache *cache = cache_new(40 << 10);
    char code[16];
    for (int i = 0; i < 900; i++) {
        snprintf(code, sizeof code, "%d", i);
        struct known *known = cache_add(cache, str_of(code), text_hash(str_of(code)), i + 1, 0);
        assert_non_null(known);
        known->open = i % 2;
    }
    assert_int_equal(cache_count(cache), 900);
    assert_true(cache_bytes(cache) <= 40 << 10 || cache_count(cache) == 900);
    cache_settle(cache);
    size_t open = 0;
    size_t ended = 0;
    for (int i = 0; i < 900; i++) {
        snprintf(code, sizeof code, "%d", i);
        if (cache_find(cache, str_of(code), text_hash(str_of(code))))
            *(i % 2 ? &open : &ended) += 1;
    }
    assert_true(cache_bytes(cache) <= 40 << 10);
    assert_true(open > ended);
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_events_come_back),
        cmocka_unit_test(extremes_come_back),
        cmocka_unit_test(words_are_bounded),
        cmocka_unit_test(the_cache_knows_what_it_was_told),
        cmocka_unit_test(the_cache_forgets_ended_ones_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
