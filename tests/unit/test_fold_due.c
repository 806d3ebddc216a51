/* pure */
#include "fold_case.h"

static const struct fold_rules rules_default = {
    .paused = {[5] = true, [6] = true, [8] = true},
};
static const struct fold_rules rules_correction = {
    .paused = {[5] = true, [6] = true, [8] = true},
    .due_change_is_correction = true,
};

static void dates_that_stay(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"no date", "p2@0", "R2@0"},
        {"one date", "r4@1(a0,d10)", "R4@0/10 o10 d10 p10 n0"},
        {"told again", "r4@1(a0,d10)#1 r4@2(a0,d10)#1 r4@3(a0,d10)", "R4@0/10 o10 d10 p10 n0"},
        {"told only after the end", "r9@9(a0,e5,d4)", "R2@0/4 E9@5 o4 d4 p4 n0"},
        {"a date, and nothing else", "r0@1(d10)", "o10 d10 p10 n0"},
        {"one on a day off is taken as issued", "r4@1(a0,d3.5)", "R4@0/3.5 o3.5 d3.5 p3.5 n0"},
        {"a record without one keeps it", "r4@1(a0,d10) r4@2(a0)", "R4@0/10 o10 d10 p10 n0"},
        {"waiting is not judged", "r1@1(s0,d10)", "W1@0 o10 d10 p10 n0"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void reappointments(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"unexplained: the promise moves, the judgement stays", "r4@1(a0,d10) r4@8(a0,d15)",
         "R4@0/10 o10 d10 p15 n1"},
        {"said to be one", "r4@1(a0,d10) H10-15@8", "R4@0/10 o10 d10 p15 n1"},
        {"of unknown reason", "r4@1(a0,d10) D10-15@8", "R4@0/10 o10 d10 p15 n1"},
        {"twice", "r4@1(a0,d10) H-15@8 H-20@14", "R4@0/10 o10 d10 p20 n2"},
        {"the row and the record count once", "r4@1(a0,d10) H10-15@8 r4@9(a0,d15)",
         "R4@0/10 o10 d10 p15 n1"},
        {"back a bit is not another", "r4@1(a0,d10) H-20@8 H-15@9", "R4@0/10 o10 d10 p15 n1"},
        {"taken back", "r4@1(a0,d10)#1 r4@8(a0,d15)#2 r4@9(a0,d10)#1", "R4@0/10 o10 d10 p10 n1"},
        {"later the same day is none", "r4@1(a0,d10.3) r4@2(a0,d10.7)",
         "R4@0/10.7 o10.3 d10.7 p10.7 n0"},
        {"later the same day, though said to be one", "r4@1(a0,d10.3) H-10.7@2",
         "R4@0/10.7 o10.3 d10.7 p10.7 n0"},
        {"told after the end", "r4@1(a0,d3) r9@9(a0,e5,d8)", "R4@0/3 E9@5 o3 d3 p8 n1"},
        {"within the first promise, but said to be one", "r4@1(a0,d10) r4@2(a0,d6) H6-8@3",
         "R4@0/6 o10 d6 p8 n1"},
        {"a pause that the first date knew explains nothing",
         "p2@0 p5@1 p4@2 r4@3(a0,d10) r4@8(a0,d15)", "R2@0/10 P5@1 R4@2/10 o10 d10 p15 n1"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void earlier_dates_count_at_once(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"earlier", "r4@1(a0,d10) r4@2(a0,d6)", "R4@0/6 o10 d6 p6 n0"},
        {"A-B-A ends at A", "r4@1(a0,d10)#1 r4@2(a0,d6)#2 r4@3(a0,d10)#1",
         "R4@0/10 o10 d10 p10 n0"},
        {"never beyond the first promise", "r4@1(a0,d10) r4@2(a0,d6) r4@3(a0,d12)",
         "R4@0/6 o10 d6 p12 n1"},
        {"for what runs from then on", "p2@0 r4@1(d10) p5@2 r5@3(d6) p4@4",
         "R2@0/10 P5@2 R4@4/6 o10 d6 p6 n0"},
        {"after the end", "r4@1(a0,d10) r9@9(a0,e5,d4)", "R4@0/4 E9@5 o10 d4 p4 n0"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void supplements_move_the_date(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"the row tells it", "r4@1(a0,d10) p5@2 S10-15@4 p4@4",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n0"},
        {"its first date is the one it replaced", "S10-15@4 p2@0 p5@2 p4@4",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n0"},
        {"no date before", "S-15@4 p2@0", "R2@0/15 o15 d15 p15 n0"},
        {"row before the record", "p2@0 p5@2 p4@4 S10-15@4 r4@6(d15)",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n0"},
        {"record with the row, in one request", "p2@0 p5@2 p4@4 r4@6(d15) S10-15@6>6",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n0"},
        {"the source's clock ahead of ours", "p2@0 p5@2 p4@4 r4@6(d15) S10-15@6.003>6",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n0"},
        {"record before the row", "r4@1(a0,d10) r4@6(a0,d15) S10-15@7", "R4@0/15 o10 d15 p15 n0"},
        {"a stale record after it", "r4@1(a0,d10)#1 S10-15@4 r4@6(a0,d10)#1",
         "R4@0/15 o10 d15 p15 n0"},
        {"a late stale record is the first to come", "S10-15@4>9 r4@6(a0,d10)",
         "R4@0/15 o10 d15 p15 n0"},
        {"two in one request, undated", "p2@0 S15-20@6>6#1 S10-15@6>6#2 r4@6(d20)#3",
         "R2@0/20 o10 d20 p20 n0"},
        {"what it replaced was never told by a record", "r4@1(a0,d12) S10-15@4 r4@6(a0,d10)",
         "R4@0/15 o12 d15 p15 n0"},
        {"a reappointment before it", "r4@1(a0,d8) r4@2(a0,d10) S10-15@4", "R4@0/15 o8 d15 p15 n1"},
        {"a reappointment after it", "p2@0 S10-15@4 r4@5(d15) r4@6(d22)", "R2@0/15 o10 d15 p22 n1"},
        {"a reappointment made good by it", "r4@1(a0,d10) r4@5(a0,d15) S10-15@9",
         "R4@0/15 o10 d15 p15 n0"},
        {"told as an unexplained date first", "r4@1(a0,d10) H-15@5 S10-15@9",
         "R4@0/15 o10 d15 p15 n1"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void pauses_explain_a_new_date(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"4-5-4 by records alone", "r4@1(a0,d10) r5@3(a0,d10) r4@5(a0,d15)",
         "R4@0/10 P5@3! R4@5!/15 o10 d15 p15 n0"},
        {"told with the pause itself", "r4@1(a0,d10) r5@3(a0,d15)", "R4@0/10 P5@3! o10 d15 p15 n0"},
        {"and what ran before keeps its own when it goes on",
         "r4@1(a0,d10) r5@3(a0,d15) r4@5(a0,d15)", "R4@0/10 P5@3! R4@5!/15 o10 d15 p15 n0"},
        {"a late record, after the end", "p2@0 p5@2 p4@4 p9@13 r4@1(d10) r9@14(e13,d15)",
         "R2@0/10 P5@2 R4@4/15 E9@13 o10 d15 p15 n0"},
        {"from the pause straight to the end", "p2@0 p5@2 p9@13 r4@1(d10) r9@14(e13,d15)",
         "R2@0/10 P5@2 E9@13 o10 d15 p15 n0"},
        {"one pause, one move", "r4@1(d10) p2@0 p5@2 p4@4 r4@5(d15) r4@6(d20)",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p20 n1"},
        {"two pauses, two moves", "r4@1(d10) p2@0 p5@2 p4@4 r4@5(d15) p6@6 p4@7 r4@8(d20)",
         "R2@0/10 P5@2 R4@4/15 P6@6 R4@7/20 o10 d20 p20 n0"},
        {"one that begins later explains nothing", "r4@1(d10) p2@0 r4@5(d15) p5@6",
         "R2@0/10 P5@6 o10 d10 p15 n1"},
        {"the first date came during the pause", "p2@0 p5@2 r5@3(d10) p4@4 r4@5(d15)",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n0"},
        {"a stale record does not bring the old date back",
         "r4@1(d10)#91 p2@0 p5@2 p4@4 r4@5(d15)#92 r4@6(d10)#91",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n0"},
        {"nor the one judged by while another was promised",
         "r4@1(d10) p2@0 r4@1.5(d12) p5@2 p4@4 r4@5(d15) r4@6(d10)",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n1"},
        {"nor the one that was only promised",
         "r4@1(d10) p2@0 r4@1.5(d12) p5@2 p4@4 r4@5(d15) r4@6(d12)",
         "R2@0/10 P5@2 R4@4/15 o10 d15 p15 n1"},
        {"a due_changed does", "r4@1(d10) p2@0 p5@2 p4@4 r4@5(d15) D15-10@6",
         "R2@0/10 P5@2 R4@4/10 o10 d10 p10 n0"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

static void corrections_replace(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"later", "r4@1(a0,d10) C10-15@8", "R4@0/15 o10 d15 p15 n0"},
        {"earlier", "r4@1(a0,d10) C10-5@8", "R4@0/5 o10 d5 p5 n0"},
        {"wherever the wrong one was judged by", "p2@0 r4@1(d3) p6@5 C3-30@6 p4@7",
         "R2@0/30 P6@5 R4@7/30 o3 d30 p30 n0"},
        {"but not where another was", "p2@0 r4@1(d10) p5@2 S10-15@3 p4@4 C15-16@6",
         "R2@0/10 P5@2 R4@4/16 o10 d16 p16 n0"},
        {"makes good a reappointment", "r4@1(a0,d10) r4@3(a0,d15) C-15@8",
         "R4@0/15 o10 d15 p15 n1"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
    static const struct told city[] = {
        {"where the city says so", "r4@1(a0,d10) r4@8(a0,d15)", "R4@0/15 o10 d15 p15 n0"},
        {"also before the pause", "p2@0 r4@1(d3) p6@5 p4@5.5 r4@6(d30)",
         "R2@0/3 P6@5 R4@5.5/30 o3 d30 p30 n0"},
        {"what is said to be a reappointment stays one", "r4@1(a0,d10) H10-15@8",
         "R4@0/10 o10 d10 p15 n1"},
        {"A-B-A ends at A", "r4@1(a0,d10)#1 r4@2(a0,d15)#2 r4@3(a0,d10)#1",
         "R4@0/10 o10 d10 p10 n0"},
    };
    check_stories(&rules_correction, city, sizeof city / sizeof *city);
}

/* Which running intervals a move counts for, by where it falls. */
static void moves_date_what_runs_from_then_on(void **state)
{
    (void)state;
    static const struct told told[] = {
        {"in the first run", "p2@0 p5@3 p4@5 S10-15@2", "R2@0/15 P5@3 R4@5/15 o10 d15 p15 n0"},
        {"at the pause's beginning", "p2@0 p5@3 p4@5 S10-15@3",
         "R2@0/10 P5@3 R4@5/15 o10 d15 p15 n0"},
        {"in the second run", "p2@0 p5@3 p4@5 S10-15@6", "R2@0/10 P5@3 R4@5/15 o10 d15 p15 n0"},
        {"before everything", "p2@1 p5@3 p4@5 S10-15@0.5", "R2@1/15 P5@3 R4@5/15 o10 d15 p15 n0"},
        {"between two ends", "p2@0 p9@3 p4@5 p9@7 S10-15@4",
         "R2@0/15 E9@3 R4@5/15 E9@7 o10 d15 p15 n0"},
        {"after two ends in a row", "p2@0 p9@3 p7@4 S10-15@5", "R2@0/15 E9@3 E7@4 o10 d15 p15 n0"},
        {"after nothing but an end", "p9@3 S10-15@5", "E9@3 o10 d15 p15 n0"},
        {"after an end with no run before it", "p9@3 p4@6 S10-15@5", "E9@3 R4@6/15 o10 d15 p15 n0"},
    };
    check_stories(&rules_default, told, sizeof told / sizeof *told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_that_stay),
        cmocka_unit_test(reappointments),
        cmocka_unit_test(earlier_dates_count_at_once),
        cmocka_unit_test(supplements_move_the_date),
        cmocka_unit_test(pauses_explain_a_new_date),
        cmocka_unit_test(corrections_replace),
        cmocka_unit_test(moves_date_what_runs_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
