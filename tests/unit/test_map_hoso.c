/* links: ingest */
#include "ingest/map_hoso.h"

#include "map_fixture.h"

/* clang-format off */
static const char base[] =
    "{\"MaHoSo\":\"H24.11713-260601-0001\",\"MaTTHC\":\"1.005129\",\"KenhThucHien\":\"2\","
    "\"NgayNopHoSo\":\"20260601080000\",\"NgayTiepNhan\":\"20260601090000\",\"NgayHenTra\":\"20260610090000\","
    "\"TrangThaiHoSo\":\"4\"}";
/* clang-format on */

static const int64_t filed = NOON - 30 * MS_PER_DAY - 4 * MS_PER_HOUR; /* 2026-06-01 08:00 */

static void a_whole_record_is_read(void **state)
{
    (void)state;
    struct outcome o = map_good(
        map_hoso,
        "{\"MaHoSo\":\" H24.11713-260601-0001 \",\"MaTTHC\":\"1.005129.000.00.00.H24\","
        "\"TenTTHC\":\"x\",\"MaLinhVuc\":\"G13-TP08\",\"KenhThucHien\":\"2\",\"ChuHoSo\":\"NGUOI "
        "THU NGHIEM 1\",\"LoaiDoiTuong\":\"1\",\"MucDo\":\"4\",\"PhiDiaGioi\":\"1\","
        "\"NgayNopHoSo\":\"20260601080000\",\"NgayTiepNhan\":\"2026-06-01 09:00:00\","
        "\"NgayHenTra\":\"2026-06-10T09:00:00.000\",\"NgayKetThucXuLy\":\"20260609100000\","
        "\"NgayTra\":\"20260609110000\",\"NgayTuChoi\":\"\",\"TrangThaiHoSo\":10,"
        "\"DonViXuLy\":\"H24.11707\",\"MaXa\":\"11713\",\"HoSoCoThanhPhanSoHoa\":\"1\","
        "\"DuocThanhToanTrucTuyen\":\"1\",\"DanhSachLePhi\":[{\"Gia\":\"0\"},{\"Gia\":\"15.000\"}],"
        "\"DanhSachHoSoBoSung\":\"\",\"DoMat\":\"\"}");
    assert_int_equal(o.mapped->count, 1);
    const struct event *e = &o.mapped->events[0];
    assert_int_equal(e->kind, EVENT_RECORD);
    assert_true(str_eq(e->source, STR("motcua")) && e->trust == TRUST_LOCAL);
    assert_true(str_eq(e->dossier_code, STR("H24.11713-260601-0001")));
    assert_false(str_given(e->alternative_code));
    assert_true(str_eq(e->procedure_code, STR("1.005129")));
    assert_true(str_eq(e->field_code, STR("G13-TP08")));
    assert_int_equal(e->channel, CHANNEL_ONLINE);
    assert_int_equal(e->subject, SUBJECT_CITIZEN);
    assert_int_equal(e->online_level, LEVEL_FULL);
    assert_int_equal(e->non_territorial, TRI_YES);
    assert_true(e->submitted_at == filed);
    assert_true(e->accepted_at == filed + MS_PER_HOUR);
    assert_true(e->due_at == filed + 9 * MS_PER_DAY + MS_PER_HOUR);
    assert_true(e->ended_at == filed + 8 * MS_PER_DAY + 2 * MS_PER_HOUR);
    assert_true(e->returned_at == filed + 8 * MS_PER_DAY + 3 * MS_PER_HOUR);
    assert_true(e->refused_at == NO_TIME);
    assert_int_equal(e->status, 10);
    assert_true(str_eq(e->deciding_agency, STR("H24.11707")));
    assert_true(str_eq(e->receiving_agency, STR("H24.11713")));
    assert_true(str_eq(e->deciding_unit, STR("11713")));
    assert_true(e->digitised == TRI_YES && e->fee_due == TRI_YES);
    assert_true(e->paid == TRI_YES && e->paid_online == TRI_YES);
    assert_true(e->occurred_at == e->returned_at && e->time_basis == BASIS_SOURCE);
    assert_true(e->ingested_at == NOON && e->occurred_original_at == NO_TIME);
    assert_int_equal(event_validate(e, NULL), 0);
    outcome_deinit(&o);
}

static void almost_nothing_is_enough(void **state)
{
    (void)state;
    struct outcome o = map_good(map_hoso, "{\"MaHoSo\":\"x\",\"NgayHenTra\":\"\",\"MaTTHC\":null}");
    const struct event *e = &o.mapped->events[0];
    assert_true(e->occurred_at == NOON && e->time_basis == BASIS_INGEST);
    assert_true(e->due_at == NO_TIME && e->status == STATUS_NONE);
    assert_true(e->channel == CHANNEL_UNKNOWN && e->subject == SUBJECT_UNKNOWN);
    assert_true(e->fee_due == TRI_UNKNOWN && e->paid == TRI_UNKNOWN);
    assert_true(e->paid_online == TRI_UNKNOWN && e->digitised == TRI_UNKNOWN);
    assert_int_equal(e->non_territorial, TRI_UNKNOWN);
    assert_true(str_eq(e->deciding_agency, STR("H24.11713")));
    assert_false(str_given(e->receiving_agency));
    outcome_deinit(&o);
}

static const struct bad_member bad_members[] = {
    {"MaHoSo", "\"\"", REFUSAL_MISSING, NULL},
    {"MaHoSo", "null", REFUSAL_MISSING, NULL},
    {"MaHoSo", "\"  \"", REFUSAL_MISSING, NULL},
    {"MaHoSo", "\"a b\"", REFUSAL_BAD_CODE, NULL},
    {"MaHoSo", "\"a\\tb\"", REFUSAL_BAD_CODE, NULL},
    {"MaHoSo", "\"a\\u200bb\"", REFUSAL_BAD_CODE, NULL},
    {"MaHoSo", "[1]", REFUSAL_BAD_TYPE, NULL},
    {"MaHoSo", "1.5", REFUSAL_BAD_TYPE, NULL},
    /* 65 bytes */
    {"MaHoSo", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
     REFUSAL_TOO_LONG, NULL},
    {"MaHoSoKhac", "\"a b\"", REFUSAL_BAD_CODE, NULL},
    {"MaTTHC", "\"1.00 5129\"", REFUSAL_BAD_CODE, NULL},
    {"MaTTHC", "\"1.00\\u0111\"", REFUSAL_BAD_CODE, NULL},
    {"MaTTHC", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
     REFUSAL_TOO_LONG, NULL},
    {"MaLinhVuc", "\"H\\u1ed9 t\\u1ecbch\"", REFUSAL_BAD_CODE, NULL},
    {"MaXa", "{}", REFUSAL_BAD_TYPE, NULL},
    {"MaXa", "\"099900000001\"", REFUSAL_BAD_CODE, NULL},
    {"MaTTHC", "\"1.0999000001\"", REFUSAL_BAD_CODE, NULL},
    {"MaLinhVuc", "999000001", REFUSAL_BAD_CODE, NULL},
    {"NgayNopHoSo", "\"20260230080000\"", REFUSAL_BAD_TIME, NULL},
    {"NgayNopHoSo", "\"20260601240000\"", REFUSAL_BAD_TIME, NULL},
    {"NgayTiepNhan", "\"01/06/2026\"", REFUSAL_BAD_TIME, NULL},
    {"NgayTiepNhan", "\"2026060108000\"", REFUSAL_BAD_TIME, NULL},
    {"NgayTiepNhan", "\"202606010800001\"", REFUSAL_BAD_TIME, NULL},
    {"NgayTiepNhan", "\"19891231235959\"", REFUSAL_BAD_TIME, NULL},
    {"NgayTiepNhan", "\"00010101000000\"", REFUSAL_BAD_TIME, NULL},
    {"NgayTiepNhan", "{}", REFUSAL_BAD_TYPE, NULL},
    {"NgayHenTra", "\"99991231235959\"", REFUSAL_BAD_TIME, NULL},
    {"NgayHenTra", "\"2026-13-01\"", REFUSAL_BAD_TIME, NULL},
    {"NgayKetThucXuLy", "\"20260702120001\"", REFUSAL_TOO_FAR_AHEAD, NULL},
    {"NgayTra", "\"20270601080000\"", REFUSAL_TOO_FAR_AHEAD, NULL},
    {"NgayTuChoi", "\"hom qua\"", REFUSAL_BAD_TIME, NULL},
    {"TrangThaiHoSo", "\"11\"", REFUSAL_BAD_STATUS, NULL},
    {"TrangThaiHoSo", "\"-1\"", REFUSAL_BAD_STATUS, NULL},
    {"TrangThaiHoSo", "\"4x\"", REFUSAL_BAD_STATUS, NULL},
    {"TrangThaiHoSo", "\"004\"", REFUSAL_BAD_STATUS, NULL},
    {"TrangThaiHoSo", "4.5", REFUSAL_BAD_TYPE, NULL},
    {"TrangThaiHoSo", "99999999999", REFUSAL_BAD_STATUS, NULL},
    {"TrangThaiHoSo", "\"0\"", REFUSAL_UNMAPPED_STATUS, NULL},
    {"TrangThaiHoSo", "\"interoperating\"", REFUSAL_UNMAPPED_STATUS, NULL},
    {"TrangThaiHoSo", "\"posting\"", REFUSAL_UNMAPPED_STATUS, NULL},
    {"KenhThucHien", "[]", REFUSAL_BAD_TYPE, NULL},
    {"DanhSachLePhi", "\"15000\"", REFUSAL_BAD_TYPE, NULL},
    {"DanhSachLePhi", "{}", REFUSAL_BAD_TYPE, NULL},
    {"DanhSachHoSoBoSung", "7", REFUSAL_BAD_TYPE, NULL},
    {"DanhSachHoSoBoSung", "[7]", REFUSAL_BAD_TYPE, "DanhSachHoSoBoSung[0]"},
    {"DanhSachHoSoBoSung", "[{},{\"NgayHenTraMoi\":\"x\"}]", REFUSAL_BAD_TIME,
     "DanhSachHoSoBoSung[1].NgayHenTraMoi"},
    {"DanhSachHoSoBoSung", "[{\"NgayTiepNhanBoSung\":\"20260901000000\"}]", REFUSAL_TOO_FAR_AHEAD,
     "DanhSachHoSoBoSung[0].NgayTiepNhanBoSung"},
    {"DoMat", "\"Mat\"", REFUSAL_SECRET, NULL},
    {"DoMat", "1", REFUSAL_SECRET, NULL},
    {"DoMat", "true", REFUSAL_SECRET, NULL},
    {"DoMat", "{}", REFUSAL_SECRET, NULL},
};

static void bad_members_refuse_the_row(void **state)
{
    (void)state;
    assert_members_refused(map_hoso, base, bad_members, sizeof bad_members / sizeof *bad_members);
    assert_refused_text(map_hoso, "[]", REFUSAL_NOT_OBJECT, "");
    assert_refused_text(map_hoso, "null", REFUSAL_NOT_OBJECT, "");
    assert_refused_text(map_hoso, "\"x\"", REFUSAL_NOT_OBJECT, "");
}

static void unmarked_rows_are_not_secret(void **state)
{
    (void)state;
    static const char *const values[] = {"\"\"", "\"0\"", "0", "false", "null"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct outcome o = map_good(map_hoso, with_member(base, "DoMat", values[i]));
        outcome_deinit(&o);
    }
}

static void listed_procedures_are_secret(void **state)
{
    (void)state;
    test_source.secret_procedures = STR("9.000001, 1.005129,2.5");
    assert_refused_text(map_hoso, base, REFUSAL_SECRET, "MaTTHC");
    assert_refused_text(map_hoso, with_member(base, "MaTTHC", "\"1.005129.000.00.00.H24\""),
                        REFUSAL_SECRET, "MaTTHC");
    assert_refused_text(map_hoso, with_member(base, "MaTTHC", "\"2.5.H24\""), REFUSAL_SECRET,
                        "MaTTHC");
    struct outcome o = map_good(map_hoso, with_member(base, "MaTTHC", "\"1.0051290\""));
    outcome_deinit(&o);
    o = map_good(map_hoso, with_member(base, "MaTTHC", "\"1.00512\""));
    outcome_deinit(&o);
    test_source.secret_procedures = STR_NONE;
}

/* One member after another through a table: the value sent and the number that the event must hold. */
static void code_lists_are_mapped(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        const char *value;
        size_t offset;
        int wanted;
    } rows[] = {
#define ROW(field, value, member, wanted)                                                          \
    {field, value, offsetof(struct event, member), (int)(wanted)}
        ROW("KenhThucHien", "\"1\"", channel, CHANNEL_COUNTER),
        ROW("KenhThucHien", "2", channel, CHANNEL_ONLINE),
        ROW("KenhThucHien", "\"3\"", channel, CHANNEL_POSTAL),
        ROW("KenhThucHien", "\"4\"", channel, CHANNEL_OTHER),
        ROW("KenhThucHien", "\"13\"", channel, CHANNEL_OTHER),
        ROW("KenhThucHien", "\"\"", channel, CHANNEL_UNKNOWN),
        ROW("MucDo", "2", online_level, LEVEL_INFORMATION),
        ROW("MucDo", "\"3\"", online_level, LEVEL_PARTIAL),
        ROW("MucDo", "\"4\"", online_level, LEVEL_FULL),
        ROW("MucDo", "\"1\"", online_level, LEVEL_UNKNOWN),
        ROW("MucDo", "\"5\"", online_level, LEVEL_UNKNOWN),
        ROW("PhiDiaGioi", "true", non_territorial, TRI_YES),
        ROW("PhiDiaGioi", "0", non_territorial, TRI_NO),
        ROW("PhiDiaGioi", "\"co\"", non_territorial, TRI_UNKNOWN),
        ROW("HoSoCoThanhPhanSoHoa", "\"0\"", digitised, TRI_NO),
        ROW("TrangThaiHoSo", "1", status, 1),
        ROW("TrangThaiHoSo", "\"09\"", status, 9),
        ROW("TrangThaiHoSo", "\"10\"", status, 10),
        ROW("TrangThaiHoSo", "\"\"", status, 0),
        ROW("DanhSachLePhi", "[]", fee_due, TRI_NO),
        ROW("DanhSachLePhi", "[{\"Gia\":0}]", fee_due, TRI_NO),
        ROW("DanhSachLePhi", "[{\"Gia\":\"0.0\"}]", fee_due, TRI_NO),
        ROW("DanhSachLePhi", "[{\"Gia\":\"0\"},7]", fee_due, TRI_NO),
        ROW("DanhSachLePhi", "[{\"Gia\":8000}]", fee_due, TRI_YES),
        ROW("DanhSachLePhi", "[{\"Gia\":0.5}]", fee_due, TRI_YES),
        ROW("DanhSachLePhi", "[{},{\"Gia\":\"8,000 d\"}]", fee_due, TRI_YES),
        ROW("DuocThanhToanTrucTuyen", "\"0\"", paid_online, TRI_NO),
        ROW("DuocThanhToanTrucTuyen", "\"0\"", paid, TRI_UNKNOWN),
        ROW("DuocThanhToanTrucTuyen", "\"1\"", paid, TRI_YES),
        ROW("DuocThanhToanTrucTuyen", "2", paid_online, TRI_YES),
        ROW("DuocThanhToanTrucTuyen", "\"3\"", paid_online, TRI_NO),
        ROW("DuocThanhToanTrucTuyen", "\"3\"", paid, TRI_NO),
        ROW("DuocThanhToanTrucTuyen", "\"7\"", paid_online, TRI_UNKNOWN),
        ROW("TrangThaiThanhToan", "\"1\"", paid, TRI_YES),
        ROW("TrangThaiThanhToan", "\"1\"", paid_online, TRI_UNKNOWN),
        ROW("TrangThaiThanhToan", "\"0\"", paid, TRI_NO),
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome o = map_good(map_hoso, with_member(base, rows[i].field, rows[i].value));
        int got;
        memcpy(&got, (const char *)&o.mapped->events[0] + rows[i].offset, sizeof got);
        if (got != rows[i].wanted)
            fail_msg("%s %s gives %d, not %d", rows[i].field, rows[i].value, got, rows[i].wanted);
        outcome_deinit(&o);
    }
}

static void subjects_follow_the_source(void **state)
{
    (void)state;
    static const struct {
        enum subject_map map;
        enum subject wanted[6]; /* of codes 0..5 */
    } rows[] = {
        {SUBJECT_MAP_OPENCPS, {SUBJECT_UNKNOWN, SUBJECT_CITIZEN, SUBJECT_BUSINESS}},
        {SUBJECT_MAP_TD,
         {SUBJECT_UNKNOWN, SUBJECT_CITIZEN, SUBJECT_BUSINESS, SUBJECT_STATE, SUBJECT_OTHER}},
        {SUBJECT_MAP_MINISTRY, {SUBJECT_CITIZEN, SUBJECT_BUSINESS, SUBJECT_HOUSEHOLD}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int code = 0; code < 6; code++) {
            char value[8];
            snprintf(value, sizeof value, "\"%d\"", code);
            test_source.subject_map = rows[i].map;
            struct outcome o = map_good(map_hoso, with_member(base, "LoaiDoiTuong", value));
            assert_int_equal(o.mapped->events[0].subject, rows[i].wanted[code]);
            outcome_deinit(&o);
        }
    }
    test_source.subject_map = SUBJECT_MAP_TD;
}

static void procedures_lose_the_agency(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"2.000488.000.00.00.H56", "2.000488"},
                                          {"2.000488.H56", "2.000488"},
                                          {"1.005129", "1.005129"},
                                          {"2.000488.000.00.01.H56", "2.000488.000.00.01"},
                                          {"2.H5", "2.H5"},
                                          {".H56", ".H56"},
                                          {"2.000488.h56", "2.000488.h56"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char value[80];
        snprintf(value, sizeof value, "\"%s\"", rows[i][0]);
        struct outcome o = map_good(map_hoso, with_member(base, "MaTTHC", value));
        assert_true(str_eq(o.mapped->events[0].procedure_code, str_of(rows[i][1])));
        outcome_deinit(&o);
    }
}

static void agencies_are_recognised(void **state)
{
    (void)state;
    static const char *const deciding[][2] = {{"H24.11713", "H24.11713"},
                                              {"000.00.01.H22", "000.00.01.H22"},
                                              {"G09.20", "G09.20"},
                                              {"H24", "H24"},
                                              {"UBND", "H24.11713"},
                                              {"", "H24.11713"},
                                              {"UBND xa Nghi Duong", "H24.11713"},
                                              {".H24", "H24.11713"},
                                              {"H24.", "H24.11713"},
                                              {"h24.1", "H24.11713"},
                                              {"H24.12345678", "H24.12345678"},
                                              {"099900000001", "H24.11713"},
                                              {"H24.0999000001", "H24.11713"}};
    static const char *const receiving[][2] = {{"000.00.01.H22-260701-0001", "000.00.01.H22"},
                                               {"G09.20-20260609-0092637", "G09.20"},
                                               {"H24.11713-260601-12345678", ""},
                                               {"H24.11713-260601-001", ""},
                                               {"H24.11713-2606011-0001", ""},
                                               {"H24.11713-260601-0001-1", ""},
                                               {"H24.11713-2606a1-0001", ""},
                                               {"H24..1-260601-0001", ""},
                                               {"-260601-0001", ""},
                                               {"H24.11713", ""}};
    for (size_t i = 0; i < sizeof deciding / sizeof *deciding; i++) {
        char value[80];
        snprintf(value, sizeof value, "\"%s\"", deciding[i][0]);
        struct outcome o = map_good(map_hoso, with_member(base, "DonViXuLy", value));
        if (!str_eq(o.mapped->events[0].deciding_agency, str_of(deciding[i][1])))
            fail_msg("%s was read as %.*s", value, STR_ARG(o.mapped->events[0].deciding_agency));
        outcome_deinit(&o);
    }
    for (size_t i = 0; i < sizeof receiving / sizeof *receiving; i++) {
        char value[80];
        snprintf(value, sizeof value, "\"%s\"", receiving[i][0]);
        struct outcome o = map_good(map_hoso, with_member(base, "MaHoSo", value));
        if (!str_eq(o.mapped->events[0].receiving_agency, str_of(receiving[i][1])))
            fail_msg("%s was read as %.*s", value, STR_ARG(o.mapped->events[0].receiving_agency));
        outcome_deinit(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_record_is_read),
        cmocka_unit_test(almost_nothing_is_enough),
        cmocka_unit_test(bad_members_refuse_the_row),
        cmocka_unit_test(unmarked_rows_are_not_secret),
        cmocka_unit_test(listed_procedures_are_secret),
        cmocka_unit_test(code_lists_are_mapped),
        cmocka_unit_test(subjects_follow_the_source),
        cmocka_unit_test(procedures_lose_the_agency),
        cmocka_unit_test(agencies_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
