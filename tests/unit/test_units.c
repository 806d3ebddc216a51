/* pure */
#include "domain/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/embedded.h"

#define KIEN_QUOC 1171301
#define NGHI_DUONG 1171302

static struct units *units;
static struct error err;

static int load(void **state)
{
    (void)state;
    units = units_new();
    if (!units || units_load_csv(units, embedded("reference/units.csv"), &err) < 0)
        return -1;
    return units_load_agencies_csv(units, embedded("reference/agencies.csv"), &err);
}

static int unload(void **state)
{
    (void)state;
    units = units_free(units);
    return 0;
}

static int32_t day(const char *text)
{
    int32_t d = NO_DAY;
    if (*text)
        assert_true(date_parse(str_of(text), &d));
    return d;
}

static void test_reference_tables(void **state)
{
    (void)state;
    size_t valid_now = 0;
    size_t split = 0;
    assert_int_equal(units_count(units), 488);
    for (size_t i = 0; i < units_count(units); i++) {
        const struct unit *unit = units_at(units, i);
        bool current = unit->valid_to == NO_DAY;
        valid_now += current;
        split += unit->split;
        assert_ptr_equal(units_by_id(units, unit->unit_id), unit);
        assert_true(current || unit->split || units_by_id(units, unit->successor_id));
        char agency[32];
        snprintf(agency, sizeof agency, current ? "H24.%s" : "H24.0.%s", unit->code);
        int32_t filed = current ? unit->valid_from : unit->valid_to;
        int32_t got;
        assert_int_equal(units_resolve(units, str_of(agency), STR_NONE, filed, filed, &got),
                         UNIT_FOUND);
        assert_int_equal(got, unit->unit_id);
    }
    assert_int_equal(valid_now, 114);
    assert_int_equal(split, 71);
}

static void test_code_with_two_bearers(void **state)
{
    (void)state;
    const struct unit *old = units_by_code(units, STR("11713"), day("2025-06-30"));
    const struct unit *new = units_by_code(units, STR("11713"), day("2025-07-01"));
    assert_string_equal(old->name, "Kiến Quốc");
    assert_string_equal(new->name, "Nghi Dương");
    assert_string_equal(new->kind, "xã");
    assert_int_equal(old->unit_id, KIEN_QUOC);
    assert_int_equal(old->successor_id, NGHI_DUONG);
    assert_int_equal(new->unit_id, NGHI_DUONG);
    assert_null(units_by_code(units, STR("11710"), day("2025-07-01")));
    assert_null(units_by_code(units, STR("99999"), day("2025-07-01")));
    assert_null(units_by_code(units, STR("1171"), day("2025-07-01")));
    assert_null(units_by_id(units, 1));
}

static void test_resolve(void **state)
{
    (void)state;
    static const struct {
        const char *agency;
        const char *code;
        const char *filed;
        const char *held;
        enum unit_answer want;
        int32_t unit_id;
    } cases[] = {
        {"H24.11713", "", "2025-07-01", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.0.11713", "", "2025-06-20", "2025-06-30", UNIT_FOUND, KIEN_QUOC},
        {"H24.0.11713", "", "2025-06-20", "2025-07-01", UNIT_FOUND, NGHI_DUONG},
        {"H24.0.11713", "", "2025-06-20", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.0.11710", "", "2025-06-20", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.0.11710", "", "", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.0.11713", "", "2025-07-01", "", UNIT_EXPIRED, 0},
        /* the new office re-sends an old dossier as its own */
        {"H24.11713", "", "2025-05-05", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.11713", "", "2025-05-05", "2025-05-06", UNIT_FOUND, NGHI_DUONG},
        {"H24.11713", "", "", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.99999", "", "2025-07-01", "", UNIT_UNKNOWN, 0},
        {"", "", "2025-07-01", "", UNIT_UNKNOWN, 0},
        /* a code named by the source itself goes before the agency */
        {"H24.10507", "11713", "2025-06-20", "2025-06-21", UNIT_FOUND, KIEN_QUOC},
        {"H24.10507", "11713", "2025-06-20", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.10507", "11713", "2025-08-20", "", UNIT_FOUND, NGHI_DUONG},
        {"H24.10507", "11710", "2025-08-20", "", UNIT_EXPIRED, 0},
        {"H24.10507", "99999", "2025-08-20", "", UNIT_UNKNOWN, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t got = -1;
        enum unit_answer answer =
            units_resolve(units, str_of(cases[i].agency), str_of(cases[i].code),
                          day(cases[i].filed), day(cases[i].held), &got);
        if (answer != cases[i].want || got != cases[i].unit_id)
            fail_msg("case %zu: answer %d, unit %d", i, (int)answer, got);
    }
}

static void test_split_unit(void **state)
{
    (void)state;
    const struct unit *split = NULL;
    for (size_t i = 0; i < units_count(units) && !split; i++)
        split = units_at(units, i)->split ? units_at(units, i) : NULL;
    assert_non_null(split);
    char agency[32];
    snprintf(agency, sizeof agency, "H24.0.%s", split->code);
    int32_t got = -1;
    assert_int_equal(
        units_resolve(units, str_of(agency), STR_NONE, day("2025-06-01"), day("2025-06-30"), &got),
        UNIT_FOUND);
    assert_int_equal(got, split->unit_id);
    assert_int_equal(
        units_resolve(units, str_of(agency), STR_NONE, day("2025-06-01"), NO_DAY, &got),
        UNIT_SPLIT);
    assert_int_equal(got, split->unit_id); /* which one it is, for who lists the candidates */
}

static struct unit example(int32_t unit_id, const char *code, const char *from, const char *to)
{
    return (struct unit){.unit_id = unit_id,
                         .code = code,
                         .name = "n",
                         .kind = "xã",
                         .valid_from = day(from),
                         .valid_to = day(to)};
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct units *own = units_new();
    assert_non_null(own);
    struct unit first = example(5, "00097", "2025-07-01", "2026-06-30");
    assert_int_equal(units_add(own, &first, &err), 0);
    const struct unit bad[] = {
        example(5, "00098", "", ""),
        example(0, "00098", "", ""),
        example(6, "", "", ""),
        example(6, "00097", "2025-07-01", ""),
        example(6, "00097", "", ""),
        example(6, "00097", "", "2025-07-01"),
        example(6, "00097", "2026-06-30", ""),
        example(6, "00098", "2026-06-30", "2026-06-29"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(units_add(own, &bad[i], &err), ERR_INPUT);
    struct unit before = example(7, "00097", "", "2025-06-30");
    struct unit after = example(3, "00097", "2026-07-01", "");
    assert_int_equal(units_add(own, &before, &err), 0);
    assert_int_equal(units_add(own, &after, &err), 0);
    assert_int_equal(units_count(own), 3);
    assert_int_equal(units_by_code(own, STR("00097"), day("2026-06-30"))->unit_id, 5);
    assert_int_equal(units_by_code(own, STR("00097"), day("2026-07-01"))->unit_id, 3);
    assert_null(units_by_code(own, STR("97"), day("2026-07-01")));

    assert_int_equal(units_add_agency(own, STR("A"), STR("00097"), NO_DAY, NO_DAY, &err), 0);
    assert_int_equal(units_add_agency(own, STR("A"), STR("00097"), 0, NO_DAY, &err), ERR_INPUT);
    assert_int_equal(units_add_agency(own, STR(""), STR("00097"), 0, NO_DAY, &err), ERR_INPUT);
    assert_int_equal(units_add_agency(own, STR("B"), STR(""), 0, NO_DAY, &err), ERR_INPUT);
    units_free(own);
    assert_null(units_free(NULL));
}

/* A gap in an agency's dates is not its first entry; an end without successor and a circle lead nowhere. */
static void test_dead_ends(void **state)
{
    (void)state;
    struct units *own = units_new();
    assert_non_null(own);
    struct unit ended = example(1, "1", "", "2024-12-31");
    struct unit circle_a = example(2, "2", "", "2024-12-31");
    struct unit circle_b = example(3, "3", "", "2024-12-31");
    circle_a.successor_id = 3;
    circle_b.successor_id = 2;
    assert_int_equal(units_add(own, &ended, &err), 0);
    assert_int_equal(units_add(own, &circle_a, &err), 0);
    assert_int_equal(units_add(own, &circle_b, &err), 0);
    int32_t day_2024 = day("2024-01-01");
    struct str a = STR("A");
    assert_int_equal(units_add_agency(own, a, STR("1"), NO_DAY, day_2024, &err), 0);
    assert_int_equal(units_add_agency(own, a, STR("1"), day("2025-01-01"), NO_DAY, &err), 0);
    int32_t got;
    assert_int_equal(units_resolve(own, a, STR_NONE, day("2024-06-01"), day("2024-06-02"), &got),
                     UNIT_EXPIRED);
    assert_int_equal(units_resolve(own, STR("A"), STR_NONE, day_2024, NO_DAY, &got), UNIT_EXPIRED);
    assert_int_equal(units_resolve(own, STR_NONE, STR("2"), day_2024, NO_DAY, &got), UNIT_EXPIRED);
    units_free(own);
}

static void test_bad_csv(void **state)
{
    (void)state;
    static const struct {
        const char *row;
        const char *want;
    } cases[] = {
        {"x,1,n,xã,,,,0", "line 2: unit_id must be a whole number up to 2147483647"},
        {"2147483648,1,n,xã,,,,0", "line 2: unit_id must be a whole number up to 2147483647"},
        {",1,n,xã,,,,0", "line 2: a unit needs a unit_id above 0 and a code"},
        {"1,1,n,xã,1/7/2025,,,0", "line 2: valid_from must be yyyy-MM-dd or empty"},
        {"1,1,n,xã,,2025-02-30,,0", "line 2: valid_to must be yyyy-MM-dd or empty"},
        {"1,1,n,xã,,,-1,0", "line 2: successor_id must be a whole number up to 2147483647"},
        {"1,1,n,xã,,,,yes", "line 2: split must be 0 or 1"},
        {"1,1,n,xã,,,0", "line 2: 7 fields, must be 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct units *own = units_new();
        assert_non_null(own);
        char text[256] = "unit_id,code,name,kind,valid_from,valid_to,successor_id,split\n";
        strcat(text, cases[i].row);
        assert_int_equal(units_load_csv(own, str_of(text), &err), ERR_INPUT);
        assert_string_equal(err.text, cases[i].want);
        units_free(own);
    }
    struct units *own = units_new();
    struct str agencies =
        STR("agency_code,unit_code,valid_from,valid_to\nA,1,,\nA,2,2025-01-01,\n");
    assert_int_equal(units_load_agencies_csv(own, agencies, &err), ERR_INPUT);
    assert_string_equal(err.text, "line 3: A: two entries are valid on one day");
    units_free(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_tables), cmocka_unit_test(test_code_with_two_bearers),
        cmocka_unit_test(test_resolve),          cmocka_unit_test(test_split_unit),
        cmocka_unit_test(test_what_is_refused),  cmocka_unit_test(test_dead_ends),
        cmocka_unit_test(test_bad_csv),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
