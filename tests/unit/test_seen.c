/* links: ingest */
/* Requests and rows that come a second time. */
#include "ingest/map_hoso.h"
#include "ingest/map_progress.h"
#include "ingest/seen.h"
#include "ingest/seen_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW_S INT64_C(1782882000)

/* ---- signed requests ---- */

static enum seen_result begin(struct seen *seen, const char *id, int64_t at_s, const char *body,
                              struct seen_ticket *ticket, size_t *accepted)
{
    char timestamp[24];
    snprintf(timestamp, sizeof timestamp, "%lld", (long long)at_s);
    const struct signature signature = {str_of(id), str_of(timestamp), STR("v1,x")};
    return seen_begin(seen, &signature, str_of(body), NOW_S * 1000, ticket, accepted);
}

static void a_request_has_its_effect_once(void **state)
{
    (void)state;
    struct seen *seen = seen_new();
    struct seen_ticket ticket;
    size_t accepted = 0;
    assert_int_equal(begin(seen, "a", NOW_S, "{}", &ticket, &accepted), SEEN_NEW);
    assert_int_equal(begin(seen, "a", NOW_S, "{}", &ticket, &accepted), SEEN_UNDER_WAY);
    seen_end(&ticket, 503, 0); /* nothing taken: the sender comes again, and may mend its body */
    assert_int_equal(begin(seen, "a", NOW_S + 5, "{1}", &ticket, &accepted), SEEN_NEW);
    seen_end(&ticket, 200, 7);
    assert_int_equal(begin(seen, "a", NOW_S + 5, "{1}", &ticket, &accepted), SEEN_TAKEN);
    assert_int_equal(accepted, 7);
    assert_int_equal(begin(seen, "a", NOW_S + 5, "{}", &ticket, &accepted), SEEN_OTHER);
    assert_int_equal(begin(seen, "b", NOW_S, "{}", &ticket, &accepted), SEEN_NEW);
    seen_end(&ticket, 207, 1);
    assert_int_equal(begin(seen, "b", NOW_S, "{}", &ticket, &accepted), SEEN_PARTLY);
    assert_null(seen_free(seen));
    assert_null(seen_free(NULL));
    seen_end(&(struct seen_ticket){0}, 200, 1); /* not signed */
}

static void what_is_forgotten_is_not_taken_again(void **state)
{
    (void)state;
    struct seen *seen = seen_new();
    struct seen_ticket ticket;
    size_t accepted;
    char id[24];
    for (int i = 0; i <= SEEN_MAX; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        assert_int_equal(begin(seen, id, NOW_S - 200 + i / 100, "{}", &ticket, &accepted),
                         SEEN_NEW);
        seen_end(&ticket, 200, 1);
    }
    /* The first has made room: it, and what was signed in the same second, are refused; later ones are not. */
    assert_int_equal(begin(seen, "id-0", NOW_S - 200, "{}", &ticket, &accepted), SEEN_OLD);
    assert_int_equal(begin(seen, "new", NOW_S - 200, "{}", &ticket, &accepted), SEEN_OLD);
    assert_int_equal(begin(seen, "id-1", NOW_S - 200, "{}", &ticket, &accepted), SEEN_TAKEN);
    assert_int_equal(begin(seen, "new", NOW_S - 199, "{}", &ticket, &accepted), SEEN_NEW);
    seen_free(seen);
}

static void what_is_stale_makes_room_without_harm(void **state)
{
    (void)state;
    struct seen *seen = seen_new();
    struct seen_ticket ticket;
    size_t accepted;
    char id[24];
    for (int i = 0; i < 2 * SEEN_MAX; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        assert_int_equal(
            begin(seen, id, NOW_S - SIGNATURE_TOLERANCE_S - 1, "{}", &ticket, &accepted), SEEN_NEW);
    }
    seen_free(seen);
}

/* ---- polled rows ---- */

static bool know(struct seen_rows *seen, map_row *map, const char *text, bool keep)
{
    struct json_doc *doc = NULL;
    assert_int_equal(json_parse(str_of(text), &doc, NULL), 0);
    bool known = seen_rows_know(seen, map, STR("H24"), json_root(doc));
    if (keep)
        seen_rows_keep(seen);
    json_doc_free(doc);
    return known;
}

static void rows_of_the_overlap_are_known(void **state)
{
    (void)state;
    struct seen_rows *seen = seen_rows_new();
    assert_false(know(seen, map_hoso, "{\"MaHoSo\":\"1\",\"TrangThaiHoSo\":\"4\"}", false));
    assert_false(know(seen, map_hoso, "{\"MaHoSo\":\"1\",\"TrangThaiHoSo\":\"4\"}", true));
    assert_true(know(seen, map_hoso, "{\"TrangThaiHoSo\":\"4\",\"MaHoSo\":\"1\"}", false));
    assert_false(know(seen, map_hoso, "{\"MaHoSo\":\"2\",\"TrangThaiHoSo\":\"4\"}", true));
    /* A state that comes back is news. */
    assert_false(know(seen, map_hoso, "{\"MaHoSo\":\"1\",\"TrangThaiHoSo\":\"5\"}", true));
    assert_false(know(seen, map_hoso, "{\"MaHoSo\":\"1\",\"TrangThaiHoSo\":\"4\"}", true));
    /* Steps are dated: each is known by itself. */
    assert_false(know(seen, map_progress, "{\"MaHoSo\":\"1\",\"TrangThai\":\"4\"}", true));
    assert_false(know(seen, map_progress, "{\"MaHoSo\":\"1\",\"TrangThai\":\"5\"}", true));
    assert_true(know(seen, map_progress, "{\"MaHoSo\":\"1\",\"TrangThai\":\"4\"}", true));
    /* The same row from another agency is another. */
    struct json_doc *doc = NULL;
    assert_int_equal(json_parse(STR("{\"MaHoSo\":\"2\",\"TrangThaiHoSo\":\"4\"}"), &doc, NULL), 0);
    assert_false(seen_rows_know(seen, map_hoso, STR("H25"), json_root(doc)));
    json_doc_free(doc);
    assert_null(seen_rows_free(seen));
    assert_null(seen_rows_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_its_effect_once),
        cmocka_unit_test(what_is_forgotten_is_not_taken_again),
        cmocka_unit_test(what_is_stale_makes_room_without_harm),
        cmocka_unit_test(rows_of_the_overlap_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
