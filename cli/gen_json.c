/*
 * The messages as one-stop systems send them (domain notes 1.2, 1.3). Every personal field is there, so that the receiving side
 * shows that it drops them, and every value in them says that it is made up.
 */
#include "gen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct json_out *out, const char *key, const char *value)
{
    json_put_text(out, key, str_of(value));
}

static void put_format(struct json_out *out, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void put_format(struct json_out *out, const char *key, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(out, key, text);
}

/* yyyyMMddHHmmss; "" for a time that has not come by `now` (NO_TIME never comes). */
static void put_time(struct json_out *out, const char *key, int64_t at, int64_t now)
{
    if (at == NO_TIME || at > now) {
        put(out, key, "");
        return;
    }
    struct vn_time t = vn_time_of(at);
    put_format(out, key, "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour, t.minute,
               t.second);
}

/* 2026-01-02T08:00:00 */
static void put_iso(struct json_out *out, const char *key, int64_t at)
{
    char text[TIME_TEXT_SIZE];
    time_format(at, text);
    text[strlen("2026-01-02T08:00:00")] = '\0';
    put(out, key, text);
}

static void put_applicant(struct json_out *out, const struct gen_life *life)
{
    put_format(out, "ChuHoSo", "NGUOI THU NGHIEM %06u", life->serial);
    put_format(out, "SoGiayToChuHoSo", "%012u", life->serial);
    json_begin_array(out, "DinhDanhCHS");
    json_begin_object(out, NULL);
    put(out, "LoaiDinhDanh", "1");
    put_format(out, "SoDinhDanh", "%012u", life->serial);
    json_end_object(out);
    json_end_array(out);
    put(out, "LoaiDoiTuong", life->procedure->subject);
    if (life->channel == CHANNEL_ONLINE)
        put_format(out, "MaDoiTuong", "THU-NGHIEM-%06u", life->serial);
    else
        put(out, "MaDoiTuong", "");
    put(out, "Email", "thu.nghiem@example.invalid");
    put(out, "Fax", "");
    put(out, "SoDienThoai", "0000000000");
    put_format(out, "ThongTinKhac", "Thông tin thử nghiệm %06u", life->serial);
    put_format(out, "TrichYeuHoSo", "Trích yếu thử nghiệm %06u", life->serial);
    put(out, "GhiChu", "Ghi chú thử nghiệm");
}

int64_t gen_due_known(const struct gen_life *life, int64_t now)
{
    if (life->supplement_due_at != NO_TIME && life->supplement_given_at <= now)
        return life->supplement_due_at;
    if (life->due_changed_at != NO_TIME && life->due_changed_at <= now)
        return life->due_changed_to_at;
    return life->due_at;
}

static void put_dates(struct json_out *out, const struct gen_life *life, int64_t now)
{
    bool accepted = life->accepted_at != NO_TIME && life->accepted_at <= now;
    put_time(out, "NgayNopHoSo", life->submitted_at, now);
    put_time(out, "NgayTiepNhan", life->accepted_at, now);
    put_time(out, "NgayHenTra", accepted ? gen_due_known(life, now) : NO_TIME, INT64_MAX);
    put_time(out, "NgayKetThucXuLy", life->ended_at, now);
    put_time(out, "NgayTra", life->returned_at, now);
    put_time(out, "NgayTuChoi", life->refused_at, now);
}

int32_t gen_status_known(const struct gen_life *life, int64_t now)
{
    int32_t status = life->steps[0].status;
    for (size_t i = 0; i < life->step_count && life->steps[i].at <= now; i++)
        status = life->steps[i].status;
    return status;
}

static void put_fees(struct json_out *out, const struct gen_life *life, int64_t now)
{
    bool paid = life->paid_at != NO_TIME && life->paid_at <= now;
    bool online = life->channel == CHANNEL_ONLINE;
    put(out, "DuocThanhToanTrucTuyen",
        !online || life->paid_at == NO_TIME ? "0"
        : paid                              ? "1"
                                            : "3");
    if (paid) /* said once it is so: a stale "0" after the "1" would be a true correction */
        put(out, "TrangThaiThanhToan", "1");
    json_begin_array(out, "DanhSachLePhi");
    if (life->procedure->fee) {
        json_begin_object(out, NULL);
        put(out, "TenPhiLePhi", "Lệ phí");
        put(out, "MaPhiLePhi", "LP01");
        put(out, "HinhThucThu", "1");
        put(out, "Gia", "8.000");
        put(out, "LoaiPhiLePhi", "2");
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_supplements(struct json_out *out, const struct gen_life *life, int64_t now)
{
    json_begin_array(out, "DanhSachHoSoBoSung");
    if (life->supplement_asked_at != NO_TIME && life->supplement_asked_at <= now) {
        bool given = life->supplement_given_at != NO_TIME && life->supplement_given_at <= now;
        json_begin_object(out, NULL);
        put_format(out, "HoSoBoSungId", "BS-%06u", life->serial);
        put(out, "NguoiYeuCauBoSung", "CAN BO THU NGHIEM 03");
        put(out, "NoiDungBoSung", "Nội dung bổ sung thử nghiệm");
        put_time(out, "NgayBoSung", life->supplement_asked_at, now);
        put(out, "NguoiTiepNhanBoSung", given ? "CAN BO THU NGHIEM 01" : "");
        put_time(out, "NgayTiepNhanBoSung", life->supplement_given_at, now);
        put(out, "TrangThaiBoSung", given ? "1" : "0");
        put_time(out, "NgayHenTraTruoc", life->due_at, INT64_MAX);
        put_time(out, "NgayHenTraMoi", given ? life->supplement_due_at : NO_TIME, INT64_MAX);
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_papers(struct json_out *out, const struct gen_life *life)
{
    json_begin_array(out, "TaiLieuNop");
    json_begin_object(out, NULL);
    put_format(out, "TenTepDinhKem", "thu-nghiem-%06u.pdf", life->serial);
    put_format(out, "DuongDanTaiTepTin", "https://example.invalid/%06u.pdf", life->serial);
    json_end_object(out);
    json_end_array(out);
    json_begin_array(out, "DanhSachTepDinhKemKhac");
    json_end_array(out);
    json_begin_array(out, "DanhSachGiayToKetQua");
    json_end_array(out);
}

static void put_procedure(struct json_out *out, const struct gen_life *life)
{
    /* Older systems hang the publishing agency onto the national code. */
    bool suffixed = life->serial % 5 == 0;
    put_format(out, "MaTTHC", "%s%s", life->procedure->code, suffixed ? ".000.00.00.H24" : "");
    put(out, "TenTTHC", life->procedure->name);
    put(out, "MaLinhVuc", life->procedure->field_code);
    put(out, "TenLinhVuc", life->procedure->field_name);
    put_format(out, "KenhThucHien", "%d", (int)life->channel);
    put(out, "MucDo", life->channel == CHANNEL_ONLINE ? "4" : "3");
}

static void put_record(struct json_out *out, const struct gen *gen,
                       const struct gen_message *message)
{
    const struct gen_life *life = message->life;
    int64_t now = message->as_of;
    const struct gen_office *office = gen_decider(life, now);
    json_begin_object(out, NULL);
    put(out, "MaHoSo", life->code);
    if (life->serial % 100 < gen->replaced_percent)
        put_format(out, "MaHoSoKhac", "%s-%s-%05u", office->agency, "260601",
                   life->serial % 100000);
    put_procedure(out, life);
    put_applicant(out, life);
    put_dates(out, life, now);
    put_format(out, "TrangThaiHoSo", "%d", (int)gen_status_known(life, now));
    put(out, "HinhThuc", life->channel == CHANNEL_POSTAL ? "1" : "0");
    put(out, "ThongTinTra", "");
    if (gen->profile->unit_code)
        put_format(out, "DonViXuLy", "UBND %s %s", office->unit->kind, office->unit->name);
    else
        put(out, "DonViXuLy", office->agency);
    put(out, "NoiNopHoSo", life->channel == CHANNEL_ONLINE ? "1" : "2");
    put(out, "PhiDiaGioi", life->non_territorial ? "1" : "0");
    put(out, "HoSoCoThanhPhanSoHoa", life->digitised ? "1" : "0");
    put(out, "TaiKhoanDuocXacThucVoiVNeID", life->channel == CHANNEL_ONLINE ? "1" : "0");
    put_fees(out, life, now);
    put_supplements(out, life, now);
    put_papers(out, life);
    json_end_object(out);
}

static void put_progress(struct json_out *out, const struct gen_message *message)
{
    const struct gen_step *step = &message->life->steps[message->index];
    json_begin_object(out, NULL);
    put(out, "MaHoSo", message->life->code);
    put_format(out, "NguoiXuLy", "CAN BO THU NGHIEM %02u", step->officer);
    put(out, "ChucDanh", "Chuyên viên");
    put_time(out, "ThoiDiemXuLy", step->at, INT64_MAX);
    put(out, "PhongBanXuLy", "Trung tâm Phục vụ hành chính công");
    put(out, "NoiDungXuLy", "Nội dung xử lý thử nghiệm");
    put_format(out, "TrangThai", "%d", (int)step->status);
    put_time(out, "NgayBatDau", step->at, INT64_MAX);
    put_time(out, "NgayKetThucTheoQuyDinh", step->due_at, INT64_MAX);
    json_end_object(out);
}

static void put_native(struct json_out *out, const struct gen_message *message)
{
    static const char *const kinds[NATIVE_COUNT] = {"transferred", "due_changed", "paid",
                                                    "apology_sent", "rated"};
    const struct gen_life *life = message->life;
    enum gen_native native = (enum gen_native)message->index;
    json_begin_object(out, NULL);
    put_format(out, "id", "%s/%s", life->code, kinds[native]);
    put(out, "kind", kinds[native]);
    put(out, "dossier_code", life->code);
    put_iso(out, "occurred_at", gen_native_at(life, native));
    switch (native) {
    case NATIVE_TRANSFERRED:
        put(out, "transfer_from", life->received_by->agency);
        put(out, "transfer_to", life->decided_by->agency);
        break;
    case NATIVE_DUE_CHANGED:
        put_iso(out, "due_before_at", life->due_at);
        put_iso(out, "due_at", life->due_changed_to_at);
        put(out, "due_reason", due_reason_name(life->due_reason));
        break;
    case NATIVE_PAID: json_put_bool(out, "paid_online", true); break;
    case NATIVE_RATED: json_put_integer(out, "rating", life->rating); break;
    default: break; /* an apology says all by itself */
    }
    json_end_object(out);
}

void gen_put_message(struct json_out *out, const struct gen *gen, const struct gen_message *message)
{
    switch (message->kind) {
    case GEN_PROGRESS: put_progress(out, message); break;
    case GEN_NATIVE: put_native(out, message); break;
    default: put_record(out, gen, message);
    }
}
