/* pure */
#include "fold_case.h"

#include "domain/overdue.h"

static const struct fold_rules rules_default = {
    .paused = {[5] = true, [6] = true, [8] = true},
};
static const struct fold_rules rules_final_8 = {
    .paused = {[5] = true, [6] = true},
};

static void the_deadline_by_date_is_the_midnight_after(void **state)
{
    (void)state;
    assert_true(overdue_deadline(OVERDUE_BY_DATE, case_day(10)) == case_day(11));
    assert_true(overdue_deadline(OVERDUE_BY_DATE, case_day(10.7)) == case_day(11));
    assert_true(overdue_deadline(OVERDUE_BY_DATE, case_day(11) - 1) == case_day(11));
    assert_true(overdue_deadline(OVERDUE_BY_DATE, NO_TIME) == NO_TIME);
}

static void the_deadline_by_timestamp_is_the_next_millisecond(void **state)
{
    (void)state;
    assert_true(overdue_deadline(OVERDUE_BY_TIMESTAMP, case_day(10.7)) == case_day(10.7) + 1);
    assert_true(overdue_deadline(OVERDUE_BY_TIMESTAMP, NO_TIME) == NO_TIME);
}

static void verdicts(void **state)
{
    (void)state;
    static const struct {
        const struct fold_rules *rules;
        const char *story;
        enum verdict verdict;
    } cases[] = {
        {&rules_default, "r9@9(a0,e4.99,d5.3)", VERDICT_EARLY},
        {&rules_default, "r9@9(a0,e5,d5.3)", VERDICT_ON_TIME},
        {&rules_default, "r9@9(a0,e5.9999,d5.3)", VERDICT_ON_TIME},
        {&rules_default, "r9@9(a0,e6,d5.99)", VERDICT_LATE},
        {&rules_default, "r10@9(a0,e5,t8,d5)", VERDICT_ON_TIME}, /* the end of processing counts */
        {&rules_default, "r9@9(a0,e5)", VERDICT_ON_TIME},
        {&rules_default, "r7@9(a0,e7,d5)", VERDICT_ON_TIME},
        {&rules_default, "r8@9(a0,e7,d5)", VERDICT_NONE},
        {&rules_final_8, "r8@9(a0,e7,d5)", VERDICT_ON_TIME},
        {&rules_default, "r3@9(s0,f7,d5)", VERDICT_NONE},
        {&rules_default, "r4@9(a0,d5)", VERDICT_NONE},
        {&rules_default, "r5@9(a0,d5)", VERDICT_NONE},
        {&rules_default, "r1@9(s0,d5)", VERDICT_NONE},
        {&rules_default, "r0@9(d5)", VERDICT_NONE},
        /* a re-appointment excuses nothing, a supplement's date does */
        {&rules_default, "r9@9(a0,e7,d5) H5-8@4", VERDICT_LATE},
        {&rules_default, "r9@9(a0,e7,d5) S5-8@4", VERDICT_EARLY},
        {&rules_default, "p2@0 p9@4 p4@5 p9@9 r0@1(d5)", VERDICT_LATE}, /* reopened */
    };
    struct fold *fold = fold_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fold_case c = fold_case(cases[i].story);
        struct dossier dossier = case_fold(fold, cases[i].rules, &c);
        if (overdue_verdict(&dossier) != cases[i].verdict)
            fail_msg("%s: %d", cases[i].story, overdue_verdict(&dossier));
    }
    struct fold_case c = fold_case("r9@9(a0,e7,d5) p2@0");
    c.events[1].kind = EVENT_ALIAS;
    c.events[1].alias_of = STR("X");
    struct dossier dossier = case_fold(fold, &rules_default, &c);
    assert_int_equal(overdue_verdict(&dossier), VERDICT_NONE);
    c.events[1].kind = EVENT_ERASED;
    dossier = case_fold(fold, &rules_default, &c);
    assert_int_equal(overdue_verdict(&dossier), VERDICT_NONE);
    fold_free(fold);
}

/* Episodes as "number:due/began-ended(status)", `?` while they last. */
static char *episodes_answer(const struct dossier *dossier, enum overdue_rule rule, double now,
                             char *out)
{
    struct episode episodes[8];
    size_t used = 0;
    size_t count = overdue_episodes(dossier, rule, case_day(now), episodes, 8);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const struct episode *e = &episodes[i];
        assert_true(e->deadline_at == overdue_deadline(rule, e->due_at));
        assert_true((e->ended_at == NO_TIME) == (e->ended_known_at == NO_TIME));
        used += (size_t)snprintf(out + used, CASE_TEXT - used, "%s%d:%g/%g-", i ? " " : "",
                                 e->number, case_days(e->due_at), case_days(e->began_at));
        used +=
            (size_t)(e->ended_at == NO_TIME ? snprintf(out + used, CASE_TEXT - used, "?")
                                            : snprintf(out + used, CASE_TEXT - used, "%g(%d)%s",
                                                       case_days(e->ended_at), e->ended_status,
                                                       e->ended_basis == BASIS_INGEST ? "!" : ""));
    }
    return out;
}

static void episodes(void **state)
{
    (void)state;
    static const struct {
        const char *story;
        double now;
        const char *answer;
    } cases[] = {
        {"r4@1(a0,d5.5)", 5.99, ""},
        {"r4@1(a0,d5.5)", 6, "1:5.5/6-?"},
        {"r4@1(a0)", 99, ""},
        {"r1@1(s0,d5)", 99, ""},
        {"p2@0 p5@2 r0@1(d5)", 99, ""},
        {"p2@0 p9@5.9 r0@1(d5)", 99, ""},
        {"p2@0 p9@6 r0@1(d5)", 99, "1:5/6-6(9)"}, /* it did not end before */
        {"p2@0 p9@8 r0@1(d5)", 99, "1:5/6-8(9)"},
        {"p2@0 u9@8 r0@1(d5)", 99, "1:5/6-8(9)!"},
        {"p2@0 p10@8 p9@7 r0@1(d5)", 99, "1:5/6-7(10)"},
        {"p2@0 p5@8 p4@9 r0@1(d5)", 12, "1:5/6-8(5) 2:5/9-?"}, /* resumed without a new date */
        {"p2@0 p5@8 S5-20@8.5 p4@9 r0@1(d5)", 12, "1:5/6-8(5)"},
        {"p2@0 p5@4 p4@9 r0@1(d5)", 12, "1:5/9-?"},
        {"p2@0 p9@8 p4@10 r0@1(d5)", 12, "1:5/6-8(9) 2:5/10-?"}, /* reopened */
        {"p2@0 p7@8 r0@1(d5)", 12, "1:5/6-8(7)"},
        {"p2@0 p3@8 r0@1(d5)", 12, "1:5/6-8(3)"},
        {"r4@1(a0,d5) H5-9@4", 12, "1:5/6-?"},
        {"r4@1(a0,d5) C5-9@8", 9.5, ""},        /* it never was late */
        {"p2@0 r0@1(d5) p9@5.5>9", 12, ""},     /* settled in time, heard late */
        {"p2@0 r0@1(d5) p5@3>9", 12, ""},       /* paused in time, heard late */
        {"p4@0 ^p9@2 r0@1(d5)", 12, "1:5/6-?"}, /* the portal's word does not settle it */
    };
    struct fold *fold = fold_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char answer[CASE_TEXT];
        struct fold_case c = fold_case(cases[i].story);
        struct dossier dossier = case_fold(fold, &rules_default, &c);
        episodes_answer(&dossier, OVERDUE_BY_DATE, cases[i].now, answer);
        if (strcmp(answer, cases[i].answer) != 0)
            fail_msg("%s: expected %s, got %s", cases[i].story, cases[i].answer, answer);
    }
    fold_free(fold);
}

/* The late stretch goes on under the new agency. */
static void a_transfer_does_not_end_an_episode(void **state)
{
    (void)state;
    char answer[CASE_TEXT];
    struct fold *fold = fold_new();
    struct fold_case c = fold_case("r4@1(a0,d5) p4@8");
    c.events[0].deciding_agency = STR("A");
    c.events[1].kind = EVENT_TRANSFERRED;
    c.events[1].status = STATUS_NONE;
    c.events[1].transfer_from = STR("A");
    c.events[1].transfer_to = STR("B");
    struct dossier dossier = case_fold(fold, &rules_default, &c);
    assert_true(str_eq(dossier.deciding_agency, STR("B")));
    assert_string_equal(episodes_answer(&dossier, OVERDUE_BY_DATE, 12, answer), "1:5/6-?");
    fold_free(fold);
}

static void episodes_by_timestamp(void **state)
{
    (void)state;
    struct fold *fold = fold_new();
    struct fold_case c = fold_case("p2@0 p9@5.5 r0@1(d5.5)");
    struct dossier dossier = case_fold(fold, &rules_default, &c);
    struct episode episode;
    assert_int_equal(overdue_episodes(&dossier, OVERDUE_BY_TIMESTAMP, case_day(9), &episode, 1), 0);
    c.events[1].occurred_at++;
    dossier = case_fold(fold, &rules_default, &c);
    assert_int_equal(overdue_episodes(&dossier, OVERDUE_BY_TIMESTAMP, case_day(9), &episode, 1), 1);
    assert_true(episode.began_at == case_day(5.5) + 1);
    fold_free(fold);
}

static void more_episodes_than_room(void **state)
{
    (void)state;
    struct fold *fold = fold_new();
    struct fold_case c = fold_case("r0@0(d1) p2@3 p5@4 p4@5 p5@6 p4@7");
    struct dossier dossier = case_fold(fold, &rules_default, &c);
    struct episode room[2] = {{0}, {.number = -7}};
    assert_int_equal(overdue_episodes(&dossier, OVERDUE_BY_DATE, case_day(9), room, 1), 3);
    assert_true(room[0].number == 1 && room[1].number == -7);
    assert_int_equal(overdue_episodes(&dossier, OVERDUE_BY_DATE, case_day(9), NULL, 0), 3);
    c.events[1].kind = EVENT_ALIAS;
    c.events[1].alias_of = STR("X");
    dossier = case_fold(fold, &rules_default, &c);
    assert_int_equal(overdue_episodes(&dossier, OVERDUE_BY_DATE, case_day(9), room, 1), 0);
    assert_true(overdue_watch(&dossier, OVERDUE_BY_DATE) == NO_TIME);
    fold_free(fold);
}

static void the_wall_clock_watches_what_runs(void **state)
{
    (void)state;
    static const struct {
        const char *story;
        double watch; /* < 0 = none */
    } cases[] = {
        {"r4@1(a0,d5.5)", 6},
        {"r4@99(a0,d5.5)", 6},
        {"r4@1(a0)", -1},
        {"r5@1(a0,d5)", -1},
        {"r1@1(s0,d5)", -1},
        {"r9@9(a0,e4,d5)", -1},
        {"r0@1(d5)", -1},
        {"r4@1(a0,d5) H5-9@4", 6},
        {"r4@1(a0,d5) S5-9@4", 10},
        {"", -1},
        {"p2@0 p5@2 p4@3 r0@1(d5)", 6},
    };
    struct fold *fold = fold_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fold_case c = fold_case(cases[i].story);
        struct dossier dossier = case_fold(fold, &rules_default, &c);
        int64_t expected = cases[i].watch < 0 ? NO_TIME : case_day(cases[i].watch);
        if (overdue_watch(&dossier, OVERDUE_BY_DATE) != expected)
            fail_msg("%s", cases[i].story);
    }
    fold_free(fold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_deadline_by_date_is_the_midnight_after),
        cmocka_unit_test(the_deadline_by_timestamp_is_the_next_millisecond),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(episodes),
        cmocka_unit_test(a_transfer_does_not_end_an_episode),
        cmocka_unit_test(episodes_by_timestamp),
        cmocka_unit_test(more_episodes_than_room),
        cmocka_unit_test(the_wall_clock_watches_what_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
