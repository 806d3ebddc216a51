/* pure */
/* Who held a dossier when: by hand, and that the last one is always who the fold says. */
#include "domain/tenure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EVENTS_MAX = 12, DAY = 86400000 };
#define DAY_0 INT64_C(1782882000000)

struct story {
    struct event events[EVENTS_MAX];
    const struct event *views[EVENTS_MAX];
    size_t count;
};

static struct event *add(struct story *story, enum event_kind kind, int day)
{
    struct event *event = &story->events[story->count];
    *event = event_empty();
    event->kind = kind;
    event->event_id[0] = (uint8_t)(story->count + 1);
    event->source = STR("motcua");
    event->dossier_code = STR("H24.1-260701-0001");
    event->occurred_at = DAY_0 + (int64_t)day * DAY;
    event->ingested_at = event->occurred_at + 60000;
    story->views[story->count++] = event;
    return event;
}

static void record(struct story *story, int day, const char *agency)
{
    struct event *event = add(story, EVENT_RECORD, day);
    event->status = 4;
    event->accepted_at = DAY_0;
    event->deciding_agency = str_of(agency);
}

static void transfer(struct story *story, int day, const char *from, const char *to)
{
    struct event *event = add(story, EVENT_TRANSFERRED, day);
    event->transfer_from = str_of(from);
    event->transfer_to = str_of(to);
}

static int by_order(const void *a, const void *b)
{
    return event_compare(*(const struct event *const *)a, *(const struct event *const *)b);
}

/* "A 0..3 B 3..5 C 5.."; ? = nobody said. */
static const char *tell(struct story *story, bool *ret_ends_as_folded)
{
    static char text[1024];
    struct tenure list[2 * EVENTS_MAX + 2];
    size_t count = 0;
    size_t used = 0;
    struct fold *fold = fold_new();
    struct fold_rules rules = fold_rules_default();
    struct dossier folded;
    qsort(story->views, story->count, sizeof story->views[0], by_order);
    assert_int_equal(fold_run(fold, &rules, story->views, story->count, &folded), 0);
    tenures_of(story->views, story->count, &folded, list, &count);
    assert_true(count <= 2 * story->count + 2);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char days[2][16] = {"?", "?"};
        if (list[i].from_at != NO_TIME)
            snprintf(days[0], sizeof days[0], "%d", (int)((list[i].from_at - DAY_0) / DAY));
        if (list[i].to_at != NO_TIME)
            snprintf(days[1], sizeof days[1], "%d", (int)((list[i].to_at - DAY_0) / DAY));
        else if (i + 1 == count)
            days[1][0] = '\0';
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s %s..%s", i ? " " : "",
                                 STR_ARG(list[i].agency), days[0], days[1]);
    }
    struct str last = count ? list[count - 1].agency : STR_NONE;
    if (ret_ends_as_folded)
        *ret_ends_as_folded = str_eq(last, folded.deciding_agency);
    fold_free(fold);
    return text;
}

static void by_hand(void **state)
{
    (void)state;
    struct story story = {.count = 0};
    assert_string_equal(tell(&story, NULL), "");
    record(&story, 0, "A");
    assert_string_equal(tell(&story, NULL), "A 0..");
    transfer(&story, 3, "A", "B");
    transfer(&story, 5, "B", "C");
    assert_string_equal(tell(&story, NULL), "A 0..3 B 3..5 C 5..");
    story.events[story.count] = story.events[1]; /* received again, later */
    story.events[story.count].ingested_at += DAY;
    story.views[story.count] = &story.events[story.count];
    story.count++;
    assert_string_equal(tell(&story, NULL), "A 0..3 B 3..5 C 5..");
}

static void what_nobody_said(void **state)
{
    (void)state;
    struct story story = {.count = 0};
    transfer(&story, 2, "A", "B"); /* no record yet */
    assert_string_equal(tell(&story, NULL), "A ?..2 B 2..");
    transfer(&story, 6, "X", "C"); /* who gave it to X? */
    assert_string_equal(tell(&story, NULL), "A ?..2 B 2..? X ?..6 C 6..? B ?..");
    struct story told = {.count = 0};
    record(&told, 0, "A");
    transfer(&told, 1, "", "B");
    transfer(&told, 2, "B", "B");
    assert_string_equal(tell(&told, NULL), "A 0..1 B 1..");
    struct story moved = {.count = 0};
    record(&moved, 0, "A");
    record(&moved, 4, "B"); /* without a transfer */
    assert_string_equal(tell(&moved, NULL), "A 0..? B ?..");
}

static void the_last_is_who_the_fold_says(void **state)
{
    (void)state;
    static const char *const agencies[] = {"", "A", "B", "C"};
    srand(7);
    for (int round = 0; round < 20000; round++) {
        struct story story = {.count = 0};
        for (int n = rand() % EVENTS_MAX; n > 0; n--) {
            if (rand() % 3 == 0)
                record(&story, rand() % 5, agencies[rand() % 4]);
            else
                transfer(&story, rand() % 5, agencies[rand() % 4], agencies[1 + rand() % 3]);
            if (rand() % 4 == 0)
                story.events[story.count - 1].ingested_at += rand() % 5 * (int64_t)DAY;
        }
        bool same = false;
        const char *text = tell(&story, &same);
        if (!same)
            fail_msg("round %d: %s", round, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(what_nobody_said),
        cmocka_unit_test(the_last_is_who_the_fold_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
