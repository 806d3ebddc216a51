/* pure */
#include "fold_case.h"

static const struct fold_rules rules_default = {
    .paused = {[5] = true, [6] = true, [8] = true},
};
struct fixture {
    struct fold *fold;
    struct fold_case c;
    struct dossier dossier;
};

static const struct dossier *run(struct fixture *f)
{
    f->dossier = case_fold(f->fold, &rules_default, &f->c);
    return &f->dossier;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.fold = fold_new()};
    *state = &fixture;
    return fixture.fold ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    f->fold = fold_free(f->fold);
    return 0;
}

static void nothing_gives_the_empty_state(void **state)
{
    struct fixture *f = *state;
    const struct dossier *d = run(f);
    assert_true(d->code.len == 0 && d->interval_count == 0 && d->status == 0);
    assert_true(d->phase == PHASE_WAITING && d->accepted_at == NO_TIME && d->due_at == NO_TIME);
    assert_true(d->first_ingested_at == NO_TIME && d->last_ingested_at == NO_TIME);
    assert_true(d->paid == TRI_UNKNOWN && d->non_territorial == TRI_UNKNOWN);
    assert_null(fold_free(NULL));
}

static void values_take_the_latest_given(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("r4@1(a0.5) r4@2 r4@3 ^r4@9(s0.25)");
    f->c.events[0].procedure_code = STR("1.001");
    f->c.events[0].channel = CHANNEL_COUNTER;
    f->c.events[0].digitised = TRI_YES;
    f->c.events[1].procedure_code = STR("1.002");
    f->c.events[1].channel = CHANNEL_ONLINE;
    f->c.events[1].digitised = TRI_NO;
    f->c.events[3].procedure_code = STR("1.003");
    f->c.events[3].field_code = STR("G01");
    const struct dossier *d = run(f);
    assert_true(str_eq(d->procedure_code, STR("1.002")));
    assert_true(str_eq(d->field_code, STR("G01")));
    assert_int_equal(d->channel, CHANNEL_ONLINE);
    assert_int_equal(d->digitised, TRI_NO);
    assert_true(d->submitted_at == case_day(0.25));
    assert_true(d->accepted_at == case_day(0.5));
    assert_true(d->first_ingested_at == case_day(1) && d->last_ingested_at == case_day(9));
    assert_true(str_eq(d->code, f->c.events[0].dossier_code));
}

/* An A-B-A correction of attributes and of the due date ends at A. */
static void a_correction_of_values_ends_at_a(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("r4@1(a0,d10)#1 r4@2(a0,d8)#2 r4@3(a0,d10)#1");
    f->c.events[0].procedure_code = f->c.events[2].procedure_code = STR("1.001");
    f->c.events[1].procedure_code = STR("1.002");
    const struct dossier *d = run(f);
    assert_true(str_eq(d->procedure_code, STR("1.001")));
    assert_true(d->due_at == case_day(10) && d->promised_at == case_day(10));
    assert_int_equal(d->reappointments, 0);
}

static void dates_of_the_dossier(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("p1@0 p2@1 p4@2 p9@4 p10@5");
    const struct dossier *d = run(f);
    assert_true(d->submitted_at == case_day(0) && d->accepted_at == case_day(1));
    assert_true(d->ended_at == case_day(4) && d->returned_at == case_day(5));
    assert_true(d->ended_known_at == case_day(4) + MS_PER_MINUTE);
    assert_true(d->status == 10 && d->status_at == case_day(5) && d->phase == PHASE_ENDED);

    f->c = fold_case("p1@0 p5@1 p9@2");
    assert_true(run(f)->accepted_at == case_day(2)); /* a pause is no acceptance */
    f->c = fold_case("p1@0 p7@1");
    assert_true(run(f)->accepted_at == NO_TIME);
    f->c = fold_case("r1@1(s0,a0.5)");
    assert_true(run(f)->accepted_at == NO_TIME);
    f->c = fold_case("r9@4(a3,e2)");
    assert_true(run(f)->accepted_at == case_day(2)); /* never after the end */
    f->c = fold_case("p2@0 p9@2 p10@3 p4@5");
    assert_true(run(f)->ended_at == NO_TIME && f->dossier.returned_at == NO_TIME);
    f->c = fold_case("p2@0 p4@1 p4@2 p4@3");
    assert_true(run(f)->status_at == case_day(1));
    f->c = fold_case("p2@0 p9@2 p10@3 r9@6(a0,e4)");
    assert_true(run(f)->ended_at == case_day(4) && f->dossier.returned_at == NO_TIME);
    assert_true(f->dossier.status == 9 && f->dossier.status_at == case_day(4));
    f->c = fold_case("p2@0 u9@3");
    assert_int_equal(run(f)->status_basis, BASIS_INGEST);
}

/* A repeated record does not make its news look younger. */
static void known_since_the_value_was_first_said(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("r9@4(a0,e2)#1 r9@6(a0,e2)#1 r9@9(a0,e2)#1");
    assert_true(run(f)->ended_known_at == case_day(4));
    f->c = fold_case("r9@4(a0,e2)#1 r9@6(a0,e3)#2 r9@9(a0,e2)#1");
    assert_true(run(f)->ended_known_at == case_day(9));
    f->c = fold_case("p9@2>9#1 p9@2>5#2");
    assert_true(run(f)->ended_known_at == case_day(5));
}

static void the_portal_beside_the_local_stream(void **state)
{
    static const struct {
        const char *story;
        int32_t portal_status;
        bool disagrees;
    } cases[] = {
        {"p4@1 ^p9@2", 9, true}, {"p4@1 ^p4@2", 4, false},
        {"p9@1 ^p4@2", 4, true}, {"p9@1 ^p10@2", 10, false},
        {"p8@1 ^p9@2", 9, true}, {"p4@1 ^r0@2", 0, false},
        {"^p9@2", 0, false},     {"p4@1 ^r9@9(e2) ^r4@10", 4, false},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f->c = fold_case(cases[i].story);
        const struct dossier *d = run(f);
        if (d->portal_status != cases[i].portal_status || d->portal_disagrees != cases[i].disagrees)
            fail_msg("%s: %d %d", cases[i].story, d->portal_status, d->portal_disagrees);
    }
}

static void facts_of_other_kinds(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("r4@1 p4@2 p4@3 p4@4 p4@5 p4@6 p4@7 ^p4@9");
    struct event *e = f->c.events;
    e[0].paid = TRI_NO;
    e[0].paid_online = TRI_YES;
    e[1].kind = EVENT_PAID;
    e[1].paid_online = TRI_NO;
    e[2].kind = EVENT_PAID; /* later, and silent about how */
    e[3].kind = EVENT_RATED;
    e[3].rating = 2;
    e[4].kind = EVENT_RATED;
    e[4].rating = 5;
    e[5].step_due_at = case_day(8);
    e[5].officer = STR("0123456789abcdef");
    e[7].officer = STR("fedcba9876543210");
    const struct dossier *d = run(f);
    assert_true(d->paid == TRI_YES && d->paid_online == TRI_NO);
    assert_true(d->rating == 5 && d->rated_at == case_day(5));
    assert_true(d->apology_sent == TRI_UNKNOWN);
    assert_true(d->step_due_at == NO_TIME); /* the last row names none */
    assert_true(str_eq(d->officer, STR("0123456789abcdef")));
    e[3].ingested_at = case_day(8); /* heard last, but not the latest */
    assert_int_equal(run(f)->rating, 5);
    e[6].kind = EVENT_APOLOGY_SENT;
    d = run(f);
    assert_true(d->apology_sent == TRI_YES && d->step_due_at == case_day(8));
}

static void transfers_move_the_agency(void **state)
{
    static const struct {
        const char *records[2]; /* agency; by receipt */
        const char *moves[2][2];
        double moves_received[2];
        const char *agency;
    } cases[] = {
        {{"A", ""}, {{"A", "B"}, {"", ""}}, {9, 9}, "B"},
        {{"A", ""}, {{"A", "B"}, {"B", "A"}}, {9, 9}, "A"},
        {{"A", "B"}, {{"A", "B"}, {"", ""}}, {9, 9}, "B"},
        {{"A", "B"}, {{"A", "B"}, {"B", "C"}}, {9, 9}, "C"},
        {{"A", "C"}, {{"A", "B"}, {"", ""}}, {9, 9}, "C"},
        {{"A", ""}, {{"", "B"}, {"", ""}}, {9, 9}, "B"},
        {{"A", ""}, {{"", "B"}, {"", ""}}, {0.5, 9}, "A"}, /* the record knew it already */
        {{"", ""}, {{"A", "B"}, {"", ""}}, {9, 9}, "B"},
        {{"", ""}, {{"A", "B"}, {"A", "C"}}, {9, 9}, "B"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f->c = fold_case("r4@1 r4@2 p4@3 p4@4");
        struct event *e = f->c.events;
        for (int k = 0; k < 2; k++) {
            e[k].deciding_agency = str_of(cases[i].records[k]);
            bool moves = *cases[i].moves[k][1];
            e[2 + k].kind = moves ? EVENT_TRANSFERRED : EVENT_APOLOGY_SENT;
            e[2 + k].status = 0;
            e[2 + k].transfer_from = str_of(cases[i].moves[k][0]);
            e[2 + k].transfer_to = str_of(cases[i].moves[k][1]);
            e[2 + k].ingested_at = case_day(cases[i].moves_received[k]);
        }
        if (!str_eq(run(f)->deciding_agency, str_of(cases[i].agency)))
            fail_msg("case %zu: %.*s", i, STR_ARG(f->dossier.deciding_agency));
    }
}

static void the_unit_goes_with_its_agency(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("r4@1 r4@2 p4@3");
    struct event *e = f->c.events;
    e[0].deciding_agency = STR("A");
    e[0].deciding_unit = STR("11713");
    assert_true(str_eq(run(f)->deciding_unit, STR("11713")));
    e[1].deciding_agency = STR("B");
    assert_true(str_eq(run(f)->deciding_unit, STR_NONE));
    e[1].deciding_agency = STR_NONE;
    e[1].deciding_unit = STR("11710");
    assert_true(str_eq(run(f)->deciding_unit, STR("11710")));
    e[2].kind = EVENT_TRANSFERRED;
    e[2].transfer_to = STR("A");
    assert_true(str_eq(run(f)->deciding_unit, STR("11710")));
    e[2].transfer_to = STR("B");
    assert_true(str_eq(run(f)->deciding_unit, STR_NONE));
}

static void the_latest_alias_wins(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("p4@1 p4@2 p4@3");
    f->c.events[1].kind = f->c.events[2].kind = EVENT_ALIAS;
    f->c.events[1].alias_of = STR("X");
    f->c.events[2].alias_of = STR("Y");
    assert_true(str_eq(run(f)->alias_of, STR("Y")));
    assert_int_equal(f->dossier.interval_count, 1);
}

static void erased_leaves_the_code(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("r4@1(s0,a1,d9) p4@2 p5@3");
    f->c.events[0].procedure_code = STR("1.001");
    f->c.events[1].kind = EVENT_ERASED;
    const struct dossier *d = run(f);
    assert_true(d->erased && str_eq(d->code, f->c.events[0].dossier_code));
    assert_true(d->interval_count == 0 && d->status == 0 && d->procedure_code.len == 0);
    assert_true(d->due_at == NO_TIME && d->submitted_at == NO_TIME);
    assert_true(d->first_ingested_at == NO_TIME && d->last_ingested_at == NO_TIME);
}

/* A row ahead of our clock is ordered when we heard it; said again later, it stays there. */
static void a_time_ahead_of_ours_is_the_time_of_receipt(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("p2@0 p9@3>3#7 p9@3.5>4#7");
    f->c.events[1].time_basis = BASIS_INGEST;
    f->c.events[1].occurred_original_at = case_day(3.5);
    assert_true(run(f)->ended_at == case_day(3) && f->dossier.status_basis == BASIS_INGEST);
}

static void rounds_of_supplements_are_pauses_with_a_5(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("p2@0 p5@1 p6@2 p4@3 p6@4 p4@5 p6@6 p5@7");
    assert_int_equal(run(f)->supplement_rounds, 2);
    assert_true(f->dossier.intervals[1].supplement && !f->dossier.intervals[3].supplement);
}

int main(void)
{
#define WITH_FOLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_FOLD(nothing_gives_the_empty_state),
        WITH_FOLD(values_take_the_latest_given),
        WITH_FOLD(a_correction_of_values_ends_at_a),
        WITH_FOLD(dates_of_the_dossier),
        WITH_FOLD(known_since_the_value_was_first_said),
        WITH_FOLD(the_portal_beside_the_local_stream),
        WITH_FOLD(facts_of_other_kinds),
        WITH_FOLD(transfers_move_the_agency),
        WITH_FOLD(the_unit_goes_with_its_agency),
        WITH_FOLD(the_latest_alias_wins),
        WITH_FOLD(erased_leaves_the_code),
        WITH_FOLD(a_time_ahead_of_ours_is_the_time_of_receipt),
        WITH_FOLD(rounds_of_supplements_are_pauses_with_a_5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
