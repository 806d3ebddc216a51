/* links: ingest */
/* What all mappers share: clocks ahead, identities, two codes, supplements; and the mapper of TienTrinh. */
#include "ingest/map_hoso.h"
#include "ingest/map_progress.h"

#include "map_fixture.h"

/* clang-format off */
static const char hoso[] =
    "{\"MaHoSo\":\"H24.11713-260601-0001\",\"MaTTHC\":\"1.005129\",\"NgayTiepNhan\":\"20260601090000\","
    "\"NgayKetThucXuLy\":\"\",\"ChuHoSo\":\"NGUOI THU NGHIEM 1\",\"TrangThaiHoSo\":\"4\"}";
static const char step[] =
    "{\"MaHoSo\":\"H24.11713-260601-0001\",\"NguoiXuLy\":\"NGUOI THU NGHIEM 2\",\"ThoiDiemXuLy\":\"20260602080000\","
    "\"NoiDungXuLy\":\"x\",\"TrangThai\":\"4\",\"NgayKetThucTheoQuyDinh\":\"20260603080000\"}";
/* clang-format on */

static void a_step_is_read(void **state)
{
    (void)state;
    struct outcome o = map_good(map_progress, step);
    assert_int_equal(o.mapped->count, 1);
    const struct event *e = &o.mapped->events[0];
    assert_true(e->kind == EVENT_PROGRESS && e->status == STATUS_PROCESSING);
    assert_true(str_eq(e->dossier_code, STR("H24.11713-260601-0001")));
    assert_true(e->occurred_at == NOON - 29 * MS_PER_DAY - 4 * MS_PER_HOUR);
    assert_true(e->step_due_at == e->occurred_at + MS_PER_DAY);
    assert_int_equal(e->officer.len, EVENT_ID_SIZE);
    assert_int_equal(event_validate(e, NULL), 0);
    outcome_deinit(&o);

    o = map_good(map_progress, "{\"MaHoSo\":\"a\",\"ThoiDiemXuLy\":\"20260602080000\","
                               "\"TrangThai\":\"\",\"NguoiXuLy\":\"\"}");
    assert_int_equal(o.mapped->events[0].status, STATUS_PROCESSING);
    assert_false(str_given(o.mapped->events[0].officer));
    outcome_deinit(&o);
}

static void bad_members_refuse_the_step(void **state)
{
    (void)state;
    static const struct bad_member rows[] = {
        {"MaHoSo", "\"\"", REFUSAL_MISSING, NULL},
        {"MaHoSo", "{}", REFUSAL_BAD_TYPE, NULL},
        {"ThoiDiemXuLy", "\"\"", REFUSAL_MISSING, NULL},
        {"ThoiDiemXuLy", "null", REFUSAL_MISSING, NULL},
        {"ThoiDiemXuLy", "\"20260631080000\"", REFUSAL_BAD_TIME, NULL},
        {"ThoiDiemXuLy", "\"20260702130000\"", REFUSAL_TOO_FAR_AHEAD, NULL},
        {"TrangThai", "\"12\"", REFUSAL_BAD_STATUS, NULL},
        {"TrangThai", "\"posting\"", REFUSAL_UNMAPPED_STATUS, NULL},
        {"TrangThai", "[]", REFUSAL_BAD_TYPE, NULL},
        {"NguoiXuLy", "[\"a\"]", REFUSAL_BAD_TYPE, NULL},
        {"NgayKetThucTheoQuyDinh", "\"?\"", REFUSAL_BAD_TIME, NULL},
        {"DoMat", "\"A\"", REFUSAL_SECRET, NULL},
    };
    assert_members_refused(map_progress, step, rows, sizeof rows / sizeof *rows);
    assert_refused_text(map_progress, "3", REFUSAL_NOT_OBJECT, "");
    /* A step may be due at any time. */
    struct outcome o =
        map_good(map_progress, with_member(step, "NgayKetThucTheoQuyDinh", "\"20290101000000\""));
    outcome_deinit(&o);
}

static void clocks_ahead_of_ours(void **state)
{
    (void)state;
    static const struct {
        const char *time;
        int64_t ahead_ms;
        bool flagged;
    } rows[] = {
        {"\"20260701115959\"", -1000, false},
        {"\"20260701120500\"", 5 * MS_PER_MINUTE, false},
        {"\"2026-07-01T12:05:00.001\"", 5 * MS_PER_MINUTE + 1, true},
        {"\"20260702120000\"", 24 * MS_PER_HOUR, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome o = map_good(map_progress, with_member(step, "ThoiDiemXuLy", rows[i].time));
        const struct event *e = &o.mapped->events[0];
        int64_t said_at = NOON + rows[i].ahead_ms;
        assert_true(e->occurred_at == (rows[i].flagged ? NOON : said_at));
        assert_true(e->occurred_original_at == (rows[i].flagged ? said_at : NO_TIME));
        assert_int_equal(e->time_basis, rows[i].flagged ? BASIS_INGEST : BASIS_SOURCE);
        outcome_deinit(&o);
        o = map_good(map_hoso, with_member(hoso, "NgayKetThucXuLy", rows[i].time));
        e = &o.mapped->events[0];
        assert_true(e->ended_at == (rows[i].flagged ? NOON : said_at));
        assert_true(e->occurred_original_at == (rows[i].flagged ? said_at : NO_TIME));
        outcome_deinit(&o);
    }
    assert_refused_text(map_progress,
                        with_member(step, "ThoiDiemXuLy", "\"2026-07-02T12:00:00.001\""),
                        REFUSAL_TOO_FAR_AHEAD, "ThoiDiemXuLy");
    /* A promise lies ahead by nature. */
    struct outcome o = map_good(map_hoso, with_member(hoso, "NgayHenTra", "\"20280101080000\""));
    assert_true(o.mapped->events[0].occurred_original_at == NO_TIME);
    outcome_deinit(&o);
}

static void times_may_carry_a_zone(void **state)
{
    (void)state;
    static const char *const same[] = {"\"2026-06-02T01:00:00Z\"", "\"2026-06-02T08:00:00+07:00\"",
                                       "\"2026-06-02T08:00:00.000+0700\"",
                                       "\"2026-06-01T21:30:00-03:30\"", "20260602080000"};
    static const char *const bad[] = {
        "\"2026-06-02T08:00:00+7\"",      "\"2026-06-02T08:00:00+07:0\"",
        "\"2026-06-02T08:00:00+0x00\"",   "\"Z\"",
        "\"2026-06-02T08:00:00+07:000\"", "\"2026-06-02-\""};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct outcome o = map_good(map_progress, with_member(step, "ThoiDiemXuLy", same[i]));
        assert_true(o.mapped->events[0].occurred_at == NOON - 29 * MS_PER_DAY - 4 * MS_PER_HOUR);
        outcome_deinit(&o);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused_text(map_progress, with_member(step, "ThoiDiemXuLy", bad[i]),
                            REFUSAL_BAD_TIME, "ThoiDiemXuLy");
}

static void a_record_is_the_row_as_sent(void **state)
{
    (void)state;
    assert_true(same_id(map_hoso, hoso, hoso));
    assert_true(same_id(map_hoso, "{\"a\":[1, {\"x\":1,\"y\":2}],\"MaHoSo\":\"1\"}",
                        "{ \"MaHoSo\":\"1\",\"a\":[1,{\"y\":2,\"x\":1}] }"));
    assert_false(same_id(map_hoso, hoso, with_member(hoso, "TrangThaiHoSo", "\"9\"")));
    /* Fields that never leave us count too: another owner, another record. */
    assert_false(same_id(map_hoso, hoso, with_member(hoso, "ChuHoSo", "\"NGUOI THU NGHIEM 9\"")));

    struct outcome now = map_good(map_hoso, hoso);
    test_input.ingested_at += MS_PER_DAY;
    struct outcome later = map_good(map_hoso, hoso);
    test_input.ingested_at = NOON;
    assert_memory_equal(now.mapped->events[0].event_id, later.mapped->events[0].event_id,
                        EVENT_ID_SIZE);
    test_source.name = STR("khac");
    struct outcome other = map_good(map_hoso, hoso);
    test_source.name = STR("motcua");
    assert_memory_not_equal(now.mapped->events[0].event_id, other.mapped->events[0].event_id,
                            EVENT_ID_SIZE);
    outcome_deinit(&now);
    outcome_deinit(&later);
    outcome_deinit(&other);
}

static void a_step_is_its_natural_key(void **state)
{
    (void)state;
    assert_true(same_id(map_progress, step, with_member(step, "NoiDungXuLy", "\"y\"")));
    assert_true(same_id(map_progress, step, with_member(step, "TrangThai", "\"\"")));
    assert_true(
        same_id(map_progress, step, with_member(step, "ThoiDiemXuLy", "\"2026-06-02 08:00:00\"")));
    assert_false(same_id(map_progress, step, with_member(step, "MaHoSo", "\"b\"")));
    assert_false(
        same_id(map_progress, step, with_member(step, "ThoiDiemXuLy", "\"20260602080001\"")));
    assert_false(same_id(map_progress, step, with_member(step, "TrangThai", "\"10\"")));
    assert_false(
        same_id(map_progress, step, with_member(step, "NguoiXuLy", "\"NGUOI THU NGHIEM 3\"")));
    assert_false(same_id(map_progress, step,
                         with_member(step, "NgayKetThucTheoQuyDinh", "\"20260604080000\"")));
    /* Said ahead of time and said again when it had come. */
    const char *ahead = with_member(step, "ThoiDiemXuLy", "\"20260701180000\"");
    struct outcome before = map_good(map_progress, ahead);
    test_input.ingested_at += MS_PER_DAY;
    struct outcome after = map_good(map_progress, ahead);
    test_input.ingested_at = NOON;
    assert_memory_equal(before.mapped->events[0].event_id, after.mapped->events[0].event_id,
                        EVENT_ID_SIZE);
    outcome_deinit(&before);
    outcome_deinit(&after);
}

static void officers_are_keyed_hashes(void **state)
{
    (void)state;
    struct outcome composed =
        map_good(map_progress, with_member(step, "NguoiXuLy", "\" Nghi\\u1ec7m \""));
    struct outcome decomposed =
        map_good(map_progress, with_member(step, "NguoiXuLy", "\"Nghie\\u0302\\u0323m\""));
    test_input.officer_key = STR("another key of thirty-two bytes!");
    struct outcome rotated =
        map_good(map_progress, with_member(step, "NguoiXuLy", "\"Nghi\\u1ec7m\""));
    test_input.officer_key = STR("oooooooooooooooooooooooooooooooo");
    assert_true(str_eq(composed.mapped->events[0].officer, decomposed.mapped->events[0].officer));
    assert_false(str_eq(composed.mapped->events[0].officer, rotated.mapped->events[0].officer));
    outcome_deinit(&composed);
    outcome_deinit(&decomposed);
    outcome_deinit(&rotated);
}

static void two_codes_of_a_local_source(void **state)
{
    (void)state;
    struct outcome o = map_good(map_hoso, with_member(hoso, "MaHoSoKhac", "\"H24-260601-12345\""));
    assert_int_equal(o.mapped->count, 2);
    const struct event *record = &o.mapped->events[0];
    const struct event *alias = &o.mapped->events[1];
    assert_true(str_eq(record->dossier_code, STR("H24.11713-260601-0001")));
    assert_true(str_eq(record->alternative_code, STR("H24-260601-12345")));
    assert_int_equal(alias->kind, EVENT_ALIAS);
    assert_true(str_eq(alias->dossier_code, STR("H24-260601-12345")));
    assert_true(str_eq(alias->alias_of, STR("H24.11713-260601-0001")));
    assert_true(alias->occurred_at == NOON && alias->time_basis == BASIS_INGEST);
    outcome_deinit(&o);

    o = map_good(map_hoso, with_member(hoso, "MaHoSoKhac", "\"H24.11713-260601-0001\""));
    assert_int_equal(o.mapped->count, 1);
    assert_false(str_given(o.mapped->events[0].alternative_code));
    outcome_deinit(&o);
}

static void two_codes_of_the_portal(void **state)
{
    (void)state;
    test_source.trust = TRUST_PORTAL;
    struct outcome o = map_good(
        map_hoso, "{\"MaHoSo\":\"H24-260601-12345\",\"MaHoSoKhac\":\"H24.11713-260601-0001\"}");
    test_source.trust = TRUST_LOCAL;
    const struct event *record = &o.mapped->events[0];
    const struct event *alias = &o.mapped->events[1];
    assert_int_equal(o.mapped->count, 2);
    assert_int_equal(record->trust, TRUST_PORTAL);
    assert_true(str_eq(record->dossier_code, STR("H24.11713-260601-0001")));
    assert_true(str_eq(record->alternative_code, STR("H24-260601-12345")));
    assert_true(str_eq(record->receiving_agency, STR("H24.11713")));
    assert_true(str_eq(alias->dossier_code, STR("H24-260601-12345")));
    assert_true(str_eq(alias->alias_of, STR("H24.11713-260601-0001")));
    outcome_deinit(&o);
}

static void codes_come_in_one_normal_form(void **state)
{
    (void)state;
    struct outcome a = map_good(map_progress, with_member(step, "MaHoSo", "\"\\u0110\\u1ebf\""));
    struct outcome b =
        map_good(map_progress, with_member(step, "MaHoSo", "\"\\u0110e\\u0302\\u0301\""));
    assert_true(str_eq(a.mapped->events[0].dossier_code, b.mapped->events[0].dossier_code));
    assert_memory_equal(a.mapped->events[0].event_id, b.mapped->events[0].event_id, EVENT_ID_SIZE);
    outcome_deinit(&a);
    outcome_deinit(&b);
}

static void supplements_change_the_due_date(void **state)
{
    (void)state;
    struct outcome o = map_good(
        map_hoso,
        with_member(hoso, "DanhSachHoSoBoSung",
                    "[{\"HoSoBoSungId\":7,\"NgayBoSung\":\"20260603080000\","
                    "\"NgayTiepNhanBoSung\":\"20260605080000\",\"NoiDungBoSung\":\"x\","
                    "\"NgayHenTraTruoc\":\"20260610090000\",\"NgayHenTraMoi\":\"20260612090000\"},"
                    "{\"NgayBoSung\":\"20260606080000\",\"NgayHenTraMoi\":\"\"},"
                    "{\"NgayBoSung\":\"20260606080000\",\"NgayHenTraMoi\":\"20260615090000\"},"
                    "{\"NgayHenTraMoi\":\"20260616090000\"}]"));
    assert_int_equal(o.mapped->count, 4);
    const struct event *e = o.mapped->events + 1;
    const int64_t received = NOON - 30 * MS_PER_DAY - 4 * MS_PER_HOUR; /* 2026-06-01 08:00 */
    assert_true(e[0].kind == EVENT_DUE_CHANGED && e[0].due_reason == DUE_SUPPLEMENT);
    assert_true(e[0].occurred_at == received + 4 * MS_PER_DAY);
    assert_true(e[0].due_before_at == received + 9 * MS_PER_DAY + MS_PER_HOUR);
    assert_true(e[0].due_at == received + 11 * MS_PER_DAY + MS_PER_HOUR);
    assert_true(e[1].occurred_at == received + 5 * MS_PER_DAY && e[1].due_before_at == NO_TIME);
    assert_true(e[2].occurred_at == NOON && e[2].time_basis == BASIS_INGEST);
    assert_memory_not_equal(e[0].event_id, e[1].event_id, EVENT_ID_SIZE);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(event_validate(&e[i], NULL), 0);
    outcome_deinit(&o);
}

static void supplements_are_bounded(void **state)
{
    (void)state;
    static char list[SUPPLEMENTS_MAX * 64 + 64] = "[";
    for (int i = 0; i < SUPPLEMENTS_MAX; i++) {
        size_t len = strlen(list);
        snprintf(list + len, sizeof list - len, "%s{\"NgayHenTraMoi\":20260612090000}",
                 i ? "," : "");
    }
    strcat(list, "]");
    struct outcome o = map_good(map_hoso, with_member(hoso, "DanhSachHoSoBoSung", list));
    assert_int_equal(o.mapped->count, SUPPLEMENTS_MAX + 1);
    outcome_deinit(&o);
    strcpy(list + strlen(list) - 1, ",{}]");
    assert_refused_text(map_hoso, with_member(hoso, "DanhSachHoSoBoSung", list), REFUSAL_TOO_MANY,
                        "DanhSachHoSoBoSung");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_read),
        cmocka_unit_test(bad_members_refuse_the_step),
        cmocka_unit_test(clocks_ahead_of_ours),
        cmocka_unit_test(times_may_carry_a_zone),
        cmocka_unit_test(a_record_is_the_row_as_sent),
        cmocka_unit_test(a_step_is_its_natural_key),
        cmocka_unit_test(officers_are_keyed_hashes),
        cmocka_unit_test(two_codes_of_a_local_source),
        cmocka_unit_test(two_codes_of_the_portal),
        cmocka_unit_test(codes_come_in_one_normal_form),
        cmocka_unit_test(supplements_change_the_due_date),
        cmocka_unit_test(supplements_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
