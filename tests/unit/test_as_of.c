/* pure */
#include "domain/as_of.h"
#include "fold_case.h"

static const struct fold_rules rules = {.paused = {[5] = true, [6] = true, [8] = true}};

/* A story (fold_case.h) as it stood before `before`, from what was known at the end of `known`; both in days of the story. */
struct stood {
    const char *what;
    const char *story;
    double before;
    double known; /* 0 = everything */
    const char *answer;
};
enum { EVERYTHING = 0 };
static const char NOTHING[] = "nothing";

static const struct stood stories[] = {
    {"work done later is not done yet", "p2@0 p4@1 p5@2 p4@4 p9@6", 5, EVERYTHING,
     "R4@0 P5@2 R4@4"},
    {"nor is a pause that began later", "p2@0 p5@6", 5, EVERYTHING, "R2@0"},
    {"after everything it is the whole fold", "p2@0 p4@1 p5@2 p4@4 p9@6", 7, EVERYTHING,
     "R4@0 P5@2 R4@4 E9@6"},
    {"the boundary itself is later", "p2@0 p9@5", 5, EVERYTHING, "R2@0"},
    {"late data count by when it happened", "p2@0 p9@3>8", 5, EVERYTHING, "R2@0 E9@3"},
    {"but not before they were known", "p2@0 p9@3>8", 5, 7, "R2@0"},
    {"nothing was known yet", "p2@3", 5, 2, NOTHING},
    {"filed later: it was not there", "r2@9(s8,a8,d20)", 5, EVERYTHING, NOTHING},
    {"filed before, accepted later: it was waiting", "r2@9(s0,a8,d20)", 5, EVERYTHING,
     "W1@0 o20 d20 p20 n0"},
    {"reopened later: it had ended", "p2@0 p9@3 p4@6 p9@8", 5, EVERYTHING, "R2@0 E9@3"},
    {"a record's end that came later is taken out", "r4@1(a1,d10) r9@9(a1,e8)", 5, EVERYTHING,
     "R4@1/10 o10 d10 p10 n0"},
    {"and is there once it has come", "r4@1(a1,d10) r9@9(a1,e8)", 9.5, EVERYTHING,
     "R4@1/10 E9@8 o10 d10 p10 n0"},
    {"done before, handed over later", "r10@9(a1,e3,t7)", 5, EVERYTHING, "R2@1 E9@3"},
    {"done and handed over", "r10@9(a1,e3,t7)", 8, EVERYTHING, "R2@1 E10@3"},
    {"the first due date counts, whenever it was told", "r4@9(a1,d10)", 5, EVERYTHING,
     "R2@1/10 o10 d10 p10 n0"},
    {"a new appointment made later does not", "r4@1(a1,d10) H10-15@7", 5, EVERYTHING,
     "R4@1/10 o10 d10 p10 n0"},
    {"made before, it does", "r4@1(a1,d10) H10-15@4", 5, EVERYTHING, "R4@1/10 o10 d10 p15 n1"},
    {"a supplement's date from before", "r4@1(a1,d10) S10-15@3", 5, EVERYTHING,
     "R4@1/15 o10 d15 p15 n0"},
    {"a supplement's date from later", "r4@1(a1,d10) S10-15@6", 5, EVERYTHING,
     "R4@1/10 o10 d10 p10 n0"},
    {"where only a change speaks of it, the date before the change", "p2@1 S10-15@6", 5, EVERYTHING,
     "R2@1/10 o10 d10 p10 n0"},
    {"an undated status heard later is none yet", "u4@1 u9@7", 5, EVERYTHING, "R4@1!"},
};

static void as_it_stood(void **state)
{
    (void)state;
    struct as_of *as_of = as_of_new();
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        char answer[CASE_TEXT];
        const struct stood *s = &stories[i];
        struct fold_case c = fold_case(s->story);
        struct dossier dossier;
        for (size_t n = 0; n < c.count; n++)
            c.views[n] = &c.events[n];
        int r = as_of_run(as_of, &rules, c.views, c.count, case_day(s->before),
                          s->known > 0 ? case_day(s->known) : INT64_MAX, &dossier);
        assert_true(r >= 0);
        const char *got = r == AS_OF_NOTHING ? NOTHING : case_answer(&dossier, answer);
        if (strcmp(got, s->answer) == 0)
            continue;
        print_error("%s\n  story    %s\n  expected %s\n  got      %s\n", s->what, s->story,
                    s->answer, got);
        wrong++;
    }
    as_of_free(as_of);
    assert_int_equal(wrong, 0);
}

/* "For T after everything that the receipts say, the result is the whole fold", for the stories above. */
static void the_end_of_time_is_now(void **state)
{
    (void)state;
    struct as_of *as_of = as_of_new();
    struct fold *fold = fold_new();
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        char then[CASE_TEXT], now[CASE_TEXT];
        struct fold_case c = fold_case(stories[i].story);
        struct dossier whole = case_fold(fold, &rules, &c), dossier;
        int r = as_of_run(as_of, &rules, c.views, c.count, case_day(100), INT64_MAX, &dossier);
        /* that of rows without filing or acceptance is nothing at any time */
        if (r == AS_OF_FOUND)
            assert_string_equal(case_answer(&dossier, then), case_answer(&whole, now));
        else
            assert_true(whole.submitted_at == NO_TIME && whole.accepted_at == NO_TIME);
    }
    fold_free(fold);
    as_of_free(as_of);
}

/* What is another name of a dossier, or erased, was so at all times. */
static void erased_is_erased_for_ever(void **state)
{
    (void)state;
    struct as_of *as_of = as_of_new();
    struct fold_case c = fold_case("p2@0 p4@8");
    struct dossier dossier;
    c.events[1].kind = EVENT_ERASED;
    c.events[1].status = 0;
    c.views[0] = &c.events[0];
    c.views[1] = &c.events[1];
    assert_int_equal(as_of_run(as_of, &rules, c.views, 2, case_day(5), INT64_MAX, &dossier),
                     AS_OF_FOUND);
    assert_true(dossier.erased);
    as_of_free(as_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_it_stood),
        cmocka_unit_test(the_end_of_time_is_now),
        cmocka_unit_test(erased_is_erased_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
