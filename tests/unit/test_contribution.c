/* pure */
#include "fold_case.h"

#include "base/embedded.h"
#include "domain/contribution.h"

static const struct fold_rules rules_default = {
    .paused = {[5] = true, [6] = true, [8] = true},
};
static const struct fold_rules rules_final_8 = {
    .paused = {[5] = true, [6] = true},
};

struct fixture {
    struct fold *fold;
    struct calendar *calendar;
    struct contribution contribution;
    struct fold_case c;
    struct dossier dossier;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){
        .fold = fold_new(),
        .calendar = calendar_new(work_hours_default()),
    };
    contribution_init(&fixture.contribution);
    *state = &fixture;
    return fixture.fold && fixture.calendar ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    fold_free(f->fold);
    calendar_free(f->calendar);
    contribution_deinit(&f->contribution);
    return 0;
}

static void contribute(struct fixture *f, const struct fold_rules *rules)
{
    f->dossier = case_fold(f->fold, rules, &f->c);
    assert_int_equal(contribution_of(&f->dossier, 7, f->calendar, &f->contribution), 0);
}

/* "DAY:measure=value,… DAY:… open(phase due)"; ones without their value. */
static char *answer_of(const struct contribution *c, char *out)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < c->daily_count; i++) {
        assert_int_equal(c->daily[i].unit_id, 7);
        used += (size_t)snprintf(out + used, CASE_TEXT - used, "%s%g:", i ? " " : "",
                                 case_days(day_start(c->daily[i].day)));
        const char *comma = "";
        for (int m = 0; m < MEASURE_COUNT; m++) {
            int64_t value = c->daily[i].measures[m];
            if (value == 0)
                continue;
            used += (size_t)snprintf(out + used, CASE_TEXT - used, "%s%s", comma,
                                     measure_name((enum measure)m));
            if (value != 1)
                used += (size_t)snprintf(out + used, CASE_TEXT - used, "=%lld", (long long)value);
            comma = ",";
        }
    }
    static const char *const phases[] = {"waiting", "running", "paused"};
    if (!c->has_open)
        return out;
    assert_true(c->open.count == 1 && c->open.unit_id == 7);
    used += (size_t)snprintf(out + used, CASE_TEXT - used, "%sopen(%s", used ? " " : "",
                             phases[c->open.phase]);
    if (c->open.due_day != NO_DAY)
        used += (size_t)snprintf(out + used, CASE_TEXT - used, " %g",
                                 case_days(day_start(c->open.due_day)));
    snprintf(out + used, CASE_TEXT - used, ")");
    return out;
}

/* 2026-07-01 is a Wednesday, so days 3 and 4 are a weekend; a working day has 480 minutes. */
static void stories(void **state)
{
    static const struct {
        const struct fold_rules *rules;
        const char *story;
        const char *answer;
    } cases[] = {
        {&rules_default, "", ""},
        {&rules_default, "r0@1(s0,d5)", "0:submitted open(waiting 5)"},
        {&rules_default, "r0@1(d5)", ""},
        {&rules_default, "r1@1(s0)", "0:submitted open(waiting)"},
        {&rules_default, "r4@1(s0,a1.4,d5.7)", "0:submitted 1:accepted open(running 5)"},
        {&rules_default, "r4@1(s0,a0.4)", "0:submitted,accepted open(running)"},
        {&rules_default, "p2@0 p5@1 p4@2 p5@2.5 p6@6 p5@7",
         "0:accepted 1:supplements 2:supplements open(paused)"},
        {&rules_default, "p2@0 p5@1 p4@1.2 p5@1.4", "0:accepted 1:supplements=2 open(paused)"},
        {&rules_default, "p2@0 p8@1", "0:accepted open(paused)"},
        {&rules_default, "r1@1(s0) r5@2(s0)", "0:submitted 2:supplements open(waiting)"},
        {&rules_default, "r3@9(s0,f2)", "0:submitted 2:refused"},
        {&rules_default, "r3@9(s0)", "0:submitted 9:refused,late_data"},
        {&rules_default, "p2@0 p3@2", "2:refused"},
        {&rules_default, "p2@0 p7@2", "0:accepted 2:withdrawn"},
        {&rules_default, "p2@0 u7@2", "0:accepted 2:withdrawn,late_data"},
        {&rules_default, "p1@0 p7@2", "0:submitted"}, /* never accepted: outside the table */
        {&rules_final_8, "p2@0 p8@2", "0:accepted 2:withdrawn"},
        {&rules_default, "r9@9(a0,e1,d5)", "0:accepted 1:early,work_minutes=480,work_1d"},
        {&rules_default, "r9@9(a0,e5,d5)", "0:accepted 5:on_time,work_minutes=1440,work_3d"},
        {&rules_default, "r9@9(a0,e6,d5)", "0:accepted 6:late,work_minutes=1920,work_5d"},
        {&rules_default, "r9@9(a0,e0.5)", "0:accepted,on_time,work_minutes=240,work_4h"},
        {&rules_default, "r9@9(a0,e0)", "0:accepted,on_time,work_4h"},
        {&rules_default, "r9@9(a0,e7)", "0:accepted 7:on_time,work_minutes=2400,work_5d"},
        {&rules_default, "r9@29(a0,e14)", "0:accepted 14:on_time,work_minutes=4800,work_10d"},
        {&rules_default, "r9@29(a0,e28)", "0:accepted 28:on_time,work_minutes=9600,work_20d"},
        {&rules_default, "r9@29(a0,e29)", "0:accepted 29:on_time,work_minutes=10080,work_more"},
        {&rules_default, "p2@0 p5@1 p4@2 p9@2.99",
         "0:accepted 1:supplements 2:on_time,work_minutes=960,work_3d"},
        {&rules_default, "p4@0 p9@2 r0@9(a1)", "1:accepted 2:on_time,work_minutes=480,work_1d"},
        {&rules_default, "p2@0 p9@2 p4@5", "0:accepted open(running)"}, /* reopened */
        {&rules_default, "r9@9(a3,e2)", "2:accepted,on_time,work_4h"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char answer[CASE_TEXT];
        f->c = fold_case(cases[i].story);
        contribute(f, cases[i].rules);
        if (strcmp(answer_of(&f->contribution, answer), cases[i].answer) != 0)
            fail_msg("%s: expected %s, got %s", cases[i].story, cases[i].answer, answer);
    }
}

static void attributes_count_on_the_day_of_acceptance(void **state)
{
    struct fixture *f = *state;
    char answer[CASE_TEXT];
    f->c = fold_case("r9@9(s0,a1,e5,d3) p4@6");
    struct event *record = f->c.events;
    record->procedure_code = STR("1.001");
    record->channel = CHANNEL_ONLINE;
    record->online_level = LEVEL_FULL;
    record->non_territorial = record->digitised = TRI_YES;
    record->paid = record->paid_online = record->apology_sent = TRI_YES;
    f->c.events[1].kind = EVENT_RATED;
    f->c.events[1].status = 0;
    f->c.events[1].rating = 4;
    contribute(f, &rules_default);
    assert_string_equal(
        answer_of(&f->contribution, answer),
        "0:submitted 1:accepted,level_full,non_territorial,digitised,paid,"
        "paid_online 5:late,late_apology,work_minutes=960,work_3d 6:rated,satisfied");
    assert_true(str_eq(f->contribution.daily[2].procedure, STR("1.001")));
    assert_int_equal(f->contribution.daily[2].channel, CHANNEL_ONLINE);
    record->online_level = LEVEL_PARTIAL;
    record->non_territorial = record->digitised = TRI_NO;
    record->paid = record->paid_online = TRI_UNKNOWN;
    record->apology_sent = TRI_NO;
    f->c.events[1].rating = 3;
    contribute(f, &rules_default);
    assert_string_equal(answer_of(&f->contribution, answer),
                        "0:submitted 1:accepted,level_partial 5:late,work_minutes=960,work_3d "
                        "6:rated");
    record->online_level = LEVEL_INFORMATION;
    record->ended_at = case_day(2);
    record->apology_sent = TRI_YES; /* not late: no late_apology */
    contribute(f, &rules_default);
    assert_string_equal(answer_of(&f->contribution, answer),
                        "0:submitted 1:accepted,level_information 2:early,work_minutes=480,work_1d "
                        "6:rated");
}

static void quarantined_aliased_and_erased_count_nowhere(void **state)
{
    struct fixture *f = *state;
    f->c = fold_case("r4@1(s0,a1,d5) p4@2");
    contribute(f, &rules_default);
    assert_true(f->contribution.daily_count == 2 && f->contribution.has_open);
    assert_int_equal(contribution_of(&f->dossier, 0, f->calendar, &f->contribution), 0);
    assert_true(f->contribution.daily_count == 0 && !f->contribution.has_open);
    f->c.events[1].kind = EVENT_ALIAS;
    f->c.events[1].alias_of = STR("X");
    contribute(f, &rules_default);
    assert_true(f->contribution.daily_count == 0 && !f->contribution.has_open);
    f->c.events[1].kind = EVENT_ERASED;
    contribute(f, &rules_default);
    assert_true(f->contribution.daily_count == 0 && !f->contribution.has_open);
}

/* The next word of SQL after *text, into out; false at the end. */
static bool next_column(const char **text, char *out, size_t size)
{
    const char *line = *text;
    while (*line == ' ' || *line == '\n')
        line++;
    size_t len = strcspn(line, " \n");
    if (len == 0 || len >= size)
        return false;
    memcpy(out, line, len);
    out[len] = '\0';
    *text = line + strcspn(line, "\n");
    return true;
}

static void measures_are_the_columns_of_the_migration(void **state)
{
    (void)state;
    const char *text =
        strstr(embedded("sql/0001_init.sql").data, "CREATE TABLE hoso.rollup_daily (");
    assert_non_null(text);
    text = strchr(text, '\n');
    char column[64];
    static const char *const keys[] = {"partition", "unit_id", "day", "procedure_code", "channel"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_true(next_column(&text, column, sizeof column));
        assert_string_equal(column, keys[i]);
    }
    for (int m = 0; m < MEASURE_COUNT; m++) {
        assert_true(next_column(&text, column, sizeof column));
        assert_string_equal(column, measure_name((enum measure)m));
    }
    assert_true(next_column(&text, column, sizeof column));
    assert_string_equal(column, "PRIMARY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stories, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attributes_count_on_the_day_of_acceptance, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(quarantined_aliased_and_erased_count_nowhere, set_up,
                                        tear_down),
        cmocka_unit_test(measures_are_the_columns_of_the_migration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
