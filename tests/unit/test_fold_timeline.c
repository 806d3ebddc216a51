/* pure */
#include "fold_case.h"

static const struct fold_rules rules_default = {
    .paused = {[5] = true, [6] = true, [8] = true},
};
static const struct fold_rules rules_final_8 = {
    .paused = {[5] = true, [6] = true},
};

static void stories_of_rows(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"nothing", "", ""},
        {"the normal way", "p1@0 p2@1 p4@2 p9@5 p10@6", "W1@0 R4@1 E10@5"},
        {"a supplement", "p2@0 p4@1 p5@2 p4@4 p9@6", "R4@0 P5@2 R4@4 E9@6"},
        {"a fee", "p2@0 p6@2 p4@4", "R2@0 P6@2 R4@4"},
        {"neighbouring pauses are one", "p2@0 p5@2 p6@3 p4@4", "R2@0 P6@2 R4@4"},
        {"refused", "p1@0 p3@1", "W1@0 E3@1"},
        {"withdrawn", "p2@0 p7@1", "R2@0 E7@1"},
        {"stopped is a pause", "p2@0 p8@1 p4@2", "R2@0 P8@1 R4@2"},
        {"reopened after the end", "p2@0 p9@3 p4@5 p9@8", "R2@0 E9@3 R4@5 E9@8"},
        {"each kind of end for itself", "p2@0 p9@3 p7@4", "R2@0 E9@3 E7@4"},
        {"one second holds the whole life", "p9@1 p2@1 p4@1 p1@1", "W1@1 R4@1 E9@1"},
        {"a row sent again, later", "p2@0#1 p4@1#2 p2@0>9#1", "R4@0"},
        {"a row that comes late falls into its place", "p2@0 p9@6 p4@4>8 p5@2>8",
         "R2@0 P5@2 R4@4 E9@6"},
        {"also where its time was ahead of ours then", "p2@0 p5@3>3#7 p4@3.2 p5@3.5>4#7",
         "R2@0 P5@3 R4@3.2"},
        {"a row counts as first received", "p4@1>1#1 p4@3>2#1", "R4@1"},
        {"nothing goes back to registered", "p2@0 p1@1", "R2@0"},
        {"but the refused one may come again", "p1@0 p3@1 p1@2 p2@3", "W1@0 E3@1 W1@2 R2@3"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void stories_of_undated_statuses(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"the moment of receipt is the time", "u4@1 u9@3", "R4@1! E9@3!"},
        {"a repeated one moves nothing", "u4@1 u9@3#9 u9@4#9 u9@7#9", "R4@1! E9@3!"},
        {"A-B-A ends at A", "u4@1#1 u9@2#2 u4@3#1", "R4@1! E9@2! R4@3!"},
        {"the dated row comes before it", "u5@3 p2@0 p5@2>4", "R2@0 P5@2"},
        {"two pauses, ended by rows between", "p2@0 u5@1#5 p4@2 u5@3#5 p4@4",
         "R2@0 P5@1! R4@2 P5@3! R4@4"},
        {"an undated registered does not stop the clock", "p2@0 u1@1", "R2@0"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void stories_of_records(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"milestones count by their own dates", "r9@9(s0,a1,e5)", "W1@0 R2@1 E9@5"},
        {"handed over", "r10@9(a1,e5,t6)", "R2@1 E10@5"},
        {"handed over, no end of processing", "r10@9(a1,t6)", "R2@1 E10@6"},
        {"handed over before its end", "r10@9(a1,e5,t3)", "R2@1 E10@5"},
        {"refused", "r3@9(s0,f2)", "W1@0 E3@2"},
        {"refused, dated by its end", "r3@9(s0,e3)", "W1@0 E3@3"},
        {"withdrawn", "r7@9(a0,e2)", "R2@0 E7@2"},
        {"no date: the receipt", "r7@9(a0)", "R2@0 E7@9!"},
        {"4-5-4 without a row", "r4@1(a0) r5@3(a0) r4@5(a0)", "R4@0 P5@3! R4@5!"},
        {"2-5-2 without a row", "r2@1(a0) r5@3(a0) r2@5(a0)", "R2@0 P5@3! R2@5!"},
        {"repeated ones move nothing", "r4@1(a0)#1 r5@3(a0)#2 r5@4(a0)#2 r5@5(a0)#2", "R4@0 P5@3!"},
        {"A-B-A ends at A", "r4@1(a0)#1 r9@2(a0,e2)#2 r4@3(a0)#1", "R4@0 E9@2 R4@3!"},
        {"A-B-A at 2", "r2@1(a0)#1 r9@2(a0,e2)#2 r2@3(a0)#1", "R2@0 E9@2 R2@3!"},
        {"a stale snapshot before the end is void", "r4@5(a0) r9@6(a0,e3)", "R2@0 E9@3"},
        {"two stale snapshots", "r4@5(a0) r5@6(a0) r9@7(a0,e3)", "R2@0 E9@3"},
        {"a stale snapshot between two", "r9@4(a0,e3)#1 r4@5(a0)#2 r9@6(a0,e3)#1", "R2@0 E9@3"},
        {"reopened and ended again", "r9@4(a0,e3) r4@5(a0) r9@8(a0,e7)", "R2@0 E9@3 R4@5! E9@7"},
        {"reopened and ended again, heard late", "r9@4(a0,e3) r4@9(a0) r9@10(a0,e7)", "R2@0 E9@7"},
        {"the end corrected, later", "r9@4(a0,e3) r9@8(a0,e7)", "R2@0 E9@7"},
        {"the end corrected, earlier", "r9@4(a0,e3) r9@8(a0,e2)", "R2@0 E9@2"},
        {"done corrected to withdrawn", "r9@4(a0,e3) r7@5(a0,e2)", "R2@0 E7@2"},
        {"done corrected to withdrawn, same time", "r9@4(a0,e3) r7@5(a0,e3)", "R2@0 E7@3"},
        {"a date is not lost to an undated repeat", "r9@4(a0,e3) r7@5(a0,e9) r9@6(a0)",
         "R2@0 E9@3"},
        {"an undated end yields to its date", "r4@1(a0) r9@4(a0) r9@6(a0,e2)", "R4@0 E9@2"},
        {"an end written beside an open status is none", "r4@4(a0,e2)", "R4@0"},
        {"accepted written beside registered is none", "r1@1(s0,a0.5)", "W1@0"},
        {"accepted after the end does not reopen", "r9@4(a3,e2)", "E9@2"},
        {"submitted after accepted", "r2@4(s2,a1)", "R2@1"},
        {"two in one request: the later in life", "r4@1(a0)#1 r2@1(a0)#2 r9@1(e1)#0", "R4@0 E9@1"},
        {"refused before the milestones", "r3@9(s4,f2)", "E3@2"},
        {"accepted corrected to refused", "r2@4(a3) r3@6(f2)", "E3@2"},
        {"handed over corrected to withdrawn", "r10@9(a0,e3,t8) r7@10(a0,e5)", "R2@0 E7@5"},
        {"no status, but dates", "r0@5(s0,a1,e3)", "W1@0 R2@1 E9@3"},
        {"attributes only", "r0@5", ""},
        {"supplement before acceptance", "r1@0(s0) r5@1(s0) r2@3(s0,a2)", "W1@0 P5@1! R2@3!"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void stories_of_records_and_rows(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"rows outrank an undated snapshot", "p2@0 p5@2 p4@4 r5@6(a0)", "R2@0 P5@2 R4@4"},
        {"a dated end counts beside rows", "p2@0 p4@1 r9@6(a0,e5)", "R4@0 E9@5"},
        {"the record's end is the one reported", "p2@0 p9@3 r9@6(a0,e5)", "R2@0 E9@5"},
        {"also when it is the earlier one", "p2@0 p9@5 r9@6(a0,e3)", "R2@0 E9@3"},
        {"the end withdrawn by the last record", "p2@0 r9@2(a0,e2) r4@3(a0)", "R2@0"},
        {"but not the row's", "p2@0 p9@2 r9@2(a0,e2) r4@3(a0)", "R2@0 E9@2"},
        {"a row with blank status after the end", "p2@0 p9@5 p4@5.1 r9@6(a0,e5)", "R2@0 E9@5"},
        {"handed over is not the end, where a row tells that", "p2@0 p9@5 r10@8(a0,t6)",
         "R2@0 E10@5"},
        {"a step written after the end, heard after the record", "p2@0 r9@6(a0,e5.4) p4@5.5>7",
         "R2@0 E9@5.4"},
        {"an end without a clock time", "r9@6(a0,e5) p2@0>7 p4@5.4>7 p5@5.5>7", "R2@0 E9@5"},
        {"reopened the same day, and the record says so",
         "p2@0 p9@5.4 r9@5.41(a0,e5.4) p4@5.5 r4@6(a0)", "R2@0 E9@5.4 R4@5.5"},
        {"a row from before the record, sent again", "p2@0 p4@7>7.5#2 r9@8(a0,e5) p4@7>9#2",
         "R2@0 E9@5"},
        {"reopened by a row after the record", "p2@0 r9@6(a0,e5) p4@7", "R2@0 E9@5 R4@7"},
        {"reopened, and the record says so", "p2@0 p9@5 r9@6(a0,e5) p4@7 r4@8(a0)",
         "R2@0 E9@5 R4@7"},
        {"reopened, ended again", "p2@0 p9@5 p4@7 p9@9 r9@10(a0,e9)", "R2@0 E9@5 R4@7 E9@9"},
        {"a stale undated status before the end", "u4@6 p2@0 r9@7(a0,e5)", "R2@0 E9@5"},
        {"returned row within the done", "p2@0 p10@7 r9@8(a0,e5)", "R2@0 E10@5"},
        {"a withdrawal by record voids done rows", "p2@0 p9@4 r7@6(a0,e3)", "R2@0 E7@3"},
        {"first row synthetic, last row synthetic", "p2@0 r9@5(a0.2,e3) p9@4>4.5 p4@1",
         "R4@0 E9@3"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void stories_of_two_streams(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"the portal alone decides", "^p2@0 ^p9@2", "R2@0 E9@2"},
        {"the local word decides", "p2@0 p5@2 ^r9@3(a0,e2)", "R2@0 P5@2"},
        {"a local record that says nothing of state does not", "r0@5 ^p2@0", "R2@0"},
        {"a local start does", "r0@5(a1) ^p2@0 ^p9@2", "R2@1"},
        {"the portal's due date, where no local one is known", "p2@0 ^r2@1(a0,d9)",
         "R2@0/9 o9 d9 p9 n0"},
        {"else the local ones only", "r4@1(a0,d10) ^r4@2(a0,d5)", "R4@0/10 o10 d10 p10 n0"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void status_8_may_be_final(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"stopped is the end", "p2@0 p8@1", "R2@0 E8@1"},
        {"and not the same end as withdrawn", "p2@0 p8@1 p7@2", "R2@0 E8@1 E7@2"},
        {"supplement still pauses", "p2@0 p5@1", "R2@0 P5@1"},
    };
    check_stories(&rules_final_8, told, sizeof told / sizeof *told);
    static const struct fold_rules nothing_pauses = {.due_change_is_correction = false};
    static const struct told runs[] = {
        {"a city where nothing pauses", "p2@0 p5@1 p6@2", "R6@0"},
    };
    check_stories(&nothing_pauses, runs, 1);
    assert_memory_equal(&(struct fold_rules[]){fold_rules_default()}[0].paused,
                        rules_default.paused, sizeof rules_default.paused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories_of_rows),        cmocka_unit_test(stories_of_undated_statuses),
        cmocka_unit_test(stories_of_records),     cmocka_unit_test(stories_of_records_and_rows),
        cmocka_unit_test(stories_of_two_streams), cmocka_unit_test(status_8_may_be_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
