/* links: ingest */
/* What a key may send. */
#include "ingest/permit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void units_are_read_from_either_end(void **state)
{
    (void)state;
    static const struct {
        const char *units;
        const char *agency;
        bool allowed;
    } cases[] = {
        {"", "H24.11713", true},
        {"", "", true},
        {" , ", "H24.11713", true},
        {"H24", "H24", true},
        {"H24", "H24.11713", true},
        {"H24", "H241.1", false},
        {"H24", "H2", false},
        {"H24", "", false},
        {"H24.11713", "H24", false},
        {"H24.11713, H24.31", "H24.31.5", true},
        {"H22", "000.00.01.H22", true},
        {"H22", "000.00.01.XH22", false},
        {"01.H22", "000.00.01.H22", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct key key = {.units = str_of(cases[i].units)};
        if (key_allows_agency(&key, str_of(cases[i].agency)) != cases[i].allowed)
            fail_msg("\"%s\" and \"%s\"", cases[i].units, cases[i].agency);
    }
}

static void each_dossier_is_checked(void **state)
{
    (void)state;
    static const struct {
        enum event_kind kind;
        const char *code;
        const char *deciding;
        const char *from;
        const char *agency;
        const char *refused_at; /* NULL = allowed */
    } cases[] = {
        {EVENT_RECORD, "H24.11713-260601-0001", "H24.11713", "", "", NULL},
        {EVENT_RECORD, "H24.11707-260601-0001", "H24.11713", "", "", "MaHoSo"},
        {EVENT_RECORD, "H24.11713-260601-0001", "H24.11707", "", "", "DonViXuLy"},
        {EVENT_RECORD, "opaque", "H24.11713", "", "", NULL},
        {EVENT_PROGRESS, "H24.11713-260601-0001", "", "", "", NULL},
        {EVENT_PROGRESS, "H24.11707-260601-0001", "", "", "H24.11713", "MaHoSo"},
        {EVENT_PROGRESS, "opaque", "", "", "H24.11713", NULL},
        {EVENT_PROGRESS, "opaque", "", "", "H24.11707", "madonvi"},
        {EVENT_PROGRESS, "opaque", "", "", "", "madonvi"},
        {EVENT_TRANSFERRED, "opaque", "", "H24.11707", "H24.11713", "transfer_from"},
        {EVENT_TRANSFERRED, "opaque", "", "H24.11713", "", NULL},
        {EVENT_ERASED, "H24.11713-260601-0001", "", "", "", "kind"},
    };
    static struct mapped mapped;
    struct key key = {.units = STR("H24.11713"),
                      .kinds = 1u << EVENT_RECORD | 1u << EVENT_PROGRESS | 1u << EVENT_TRANSFERRED};
    mapped_init(&mapped);
    mapped.count = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct map_input input = {.agency = str_of(cases[i].agency)};
        struct refusal refusal = {.code = REFUSAL_NONE};
        mapped.events[0] = event_empty();
        mapped.events[0].kind = cases[i].kind;
        mapped.events[0].dossier_code = str_of(cases[i].code);
        mapped.events[0].deciding_agency = str_of(cases[i].deciding);
        mapped.events[0].transfer_from = str_of(cases[i].from);
        bool allowed = permit_row(&key, &input, &mapped, &refusal);
        assert_int_equal(allowed, cases[i].refused_at == NULL);
        assert_int_equal(refusal.code, allowed ? REFUSAL_NONE : REFUSAL_NOT_ALLOWED);
        if (!allowed)
            assert_string_equal(refusal.field, cases[i].refused_at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_read_from_either_end),
        cmocka_unit_test(each_dossier_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
