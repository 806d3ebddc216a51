#include "ingest/map_hoso.h"

#include "ingest/identity.h"
#include "ingest/row.h"
#include "ingest/secret.h"

/*
 * Two codes (domain notes 7.3): the one-stop system's own is canonical. In its own messages that is MaHoSo; the portal's copy
 * goes under the portal's code and keeps the local one in MaHoSoKhac.
 */
static void read_codes(struct row *row, struct str *ret_code, struct str *ret_other)
{
    struct str own = row_own_code(row, "MaHoSo");
    struct str other = row_dossier_code(row, "MaHoSoKhac");
    if (str_eq(own, other))
        other = STR_NONE;
    bool swap = row->input->source->trust == TRUST_PORTAL && str_given(other);
    *ret_code = swap ? other : own;
    *ret_other = swap ? own : other;
}

/* "2.000488.000.00.00.H56" and "2.000488.H56" are the national procedure 2.000488 as published by agency H56. */
static struct str strip_agency(struct str code)
{
    if (code.len < 5)
        return code;
    const char *tail = code.data + code.len - 4;
    bool agency = tail[0] == '.' && tail[1] >= 'A' && tail[1] <= 'Z' && tail[2] >= '0' &&
                  tail[2] <= '9' && tail[3] >= '0' && tail[3] <= '9';
    if (!agency)
        return code;
    code.len -= 4;
    static const struct str filler = {".000.00.00", 10};
    if (code.len > filler.len &&
        memcmp(code.data + code.len - filler.len, filler.data, filler.len) == 0)
        code.len -= filler.len;
    return code;
}

static enum channel channel_of(struct str code)
{
    if (!str_given(code))
        return CHANNEL_UNKNOWN;
    if (code.len != 1 || code.data[0] < '1' || code.data[0] > '3')
        return CHANNEL_OTHER;
    return (enum channel)(CHANNEL_COUNTER + (code.data[0] - '1'));
}

/* Vendors number the same kinds differently (domain notes 1.5). */
static enum subject subject_of(enum subject_map map, struct str code)
{
    static const enum subject opencps[] = {SUBJECT_UNKNOWN, SUBJECT_CITIZEN, SUBJECT_BUSINESS};
    static const enum subject td[] = {SUBJECT_UNKNOWN, SUBJECT_CITIZEN, SUBJECT_BUSINESS,
                                      SUBJECT_STATE, SUBJECT_OTHER};
    static const enum subject ministry[] = {SUBJECT_CITIZEN, SUBJECT_BUSINESS, SUBJECT_HOUSEHOLD};
    static const struct {
        const enum subject *codes;
        int count;
    } maps[] = {
        [SUBJECT_MAP_OPENCPS] = {opencps, sizeof opencps / sizeof *opencps},
        [SUBJECT_MAP_TD] = {td, sizeof td / sizeof *td},
        [SUBJECT_MAP_MINISTRY] = {ministry, sizeof ministry / sizeof *ministry},
    };
    int number = code.len == 1 ? code.data[0] - '0' : -1;
    return number >= 0 && number < maps[map].count ? maps[map].codes[number] : SUBJECT_UNKNOWN;
}

static enum online_level level_of(struct str code)
{
    if (code.len != 1 || code.data[0] < '2' || code.data[0] > '4')
        return LEVEL_UNKNOWN;
    return (enum online_level)(LEVEL_INFORMATION + (code.data[0] - '2'));
}

static void read_milestones(struct row *row, struct event *event)
{
    event->submitted_at = row_past_time(row, "NgayNopHoSo");
    if (event->submitted_at == NO_TIME)
        event->submitted_at = row_past_time(row, "NgayNop"); /* generation B's name */
    event->accepted_at = row_past_time(row, "NgayTiepNhan");
    event->ended_at = row_past_time(row, "NgayKetThucXuLy");
    event->returned_at = row_past_time(row, "NgayTra");
    event->refused_at = row_past_time(row, "NgayTuChoi");
    event->due_at = row_time(row, "NgayHenTra");
    const int64_t milestones[] = {event->submitted_at, event->accepted_at, event->ended_at,
                                  event->returned_at, event->refused_at};
    int64_t latest = NO_TIME; /* smaller than any time */
    for (size_t i = 0; i < sizeof milestones / sizeof *milestones; i++) {
        if (milestones[i] > latest)
            latest = milestones[i];
    }
    row_set_occurred(row, event, latest);
}

/* A fee is due when any item has a price other than zero, however it is written ("15.000", "15000 đ", 15000). */
static enum tri fee_due_of(struct row *row)
{
    const struct json *fees = row_list(row, "DanhSachLePhi");
    if (!fees)
        return TRI_UNKNOWN;
    for (size_t i = 0; i < json_size(fees); i++) {
        double price;
        const struct json *value = json_get(json_at(fees, i), "Gia");
        struct str text = json_text(value);
        if (json_to_real(value, &price) && price > 0)
            return TRI_YES;
        for (size_t at = 0; at < text.len; at++) {
            if (text.data[at] >= '1' && text.data[at] <= '9')
                return TRI_YES;
        }
    }
    return TRI_NO;
}

/*
 * DuocThanhToanTrucTuyen as systems in the field send it: 1 = paid online at the portal, 2 = paid online at the province's or
 * ministry's own gateway, 3 = asked to pay online and has not, 0 = nothing online (the counter may have been paid).
 * TrangThaiThanhToan, where sent, says paid or not in any way.
 */
static void read_payment(struct row *row, struct event *event)
{
    struct str online = row_text(row, "DuocThanhToanTrucTuyen");
    event->fee_due = fee_due_of(row);
    event->paid = row_flag(row, "TrangThaiThanhToan");
    if (str_eq(online, STR("1")) || str_eq(online, STR("2"))) {
        event->paid = TRI_YES;
        event->paid_online = TRI_YES;
    } else if (str_eq(online, STR("0")) || str_eq(online, STR("3"))) {
        event->paid_online = TRI_NO;
        if (event->paid == TRI_UNKNOWN && str_eq(online, STR("3")))
            event->paid = TRI_NO;
    }
}

static void read_attributes(struct row *row, struct event *event)
{
    struct str agency = row_text(row, "DonViXuLy");
    event->status = row_status(row, "TrangThaiHoSo");
    event->procedure_code = strip_agency(row_code(row, "MaTTHC"));
    event->field_code = row_code(row, "MaLinhVuc");
    struct str receiving = row_text(row, "MaDonViTiepNhan");
    event->receiving_agency =
        is_agency_code(receiving) ? receiving : agency_in_code(event->dossier_code);
    event->deciding_agency = is_agency_code(agency)          ? agency
                             : str_given(row->input->agency) ? row->input->agency
                             : is_agency_code(receiving)     ? receiving
                                                             : STR_NONE;
    event->deciding_unit = row_code(row, "MaXa");
    event->channel = channel_of(row_text(row, "KenhThucHien"));
    event->subject = subject_of(row->input->source->subject_map, row_text(row, "LoaiDoiTuong"));
    event->online_level = level_of(row_text(row, "MucDo"));
    event->non_territorial = row_flag(row, "PhiDiaGioi");
    event->digitised = row_flag(row, "HoSoCoThanhPhanSoHoa");
    read_payment(row, event);
}

/* Undated: it holds from when we were told. */
static void add_alias(struct row *row, struct str code, struct str other)
{
    struct event *alias = row_add_event(row, EVENT_ALIAS, other);
    alias->alias_of = code;
    row_set_occurred(row, alias, NO_TIME);
    const struct str parts[] = {other, code};
    identity_set(row->input, alias, parts, 2);
}

static void add_supplement(struct row *part, struct str code)
{
    struct str id = row_text(part, "HoSoBoSungId");
    int64_t asked_at = row_past_time(part, "NgayBoSung");
    int64_t came_at = row_past_time(part, "NgayTiepNhanBoSung");
    int64_t before_at = row_time(part, "NgayHenTraTruoc");
    int64_t due_at = row_time(part, "NgayHenTraMoi");
    if (row_refused(part) || due_at == NO_TIME)
        return;
    int64_t at = came_at != NO_TIME ? came_at : asked_at;
    struct event *event = row_add_event(part, EVENT_DUE_CHANGED, code);
    event->due_at = due_at;
    event->due_before_at = before_at;
    event->due_reason = DUE_SUPPLEMENT;
    row_set_occurred(part, event, at);
    int64_t said_at = part->ahead_at != NO_TIME ? part->ahead_at : at;
    char texts[3][IDENTITY_TIME_SIZE];
    const struct str parts[] = {code, id, identity_time(said_at, texts[0]),
                                identity_time(before_at, texts[1]),
                                identity_time(due_at, texts[2])};
    identity_set(part->input, event, parts, sizeof parts / sizeof *parts);
}

static void add_supplements(struct row *row, struct str code)
{
    static const char field[] = "DanhSachHoSoBoSung";
    const struct json *list = row_list(row, field);
    if (json_size(list) > SUPPLEMENTS_MAX)
        row_refuse(row, REFUSAL_TOO_MANY, field);
    for (size_t i = 0; i < json_size(list) && !row_refused(row); i++) {
        struct row part = row_part(row, field, i, json_at(list, i));
        add_supplement(&part, code);
    }
}

int map_hoso(const struct map_input *input, const struct json *json, struct mapped *out,
             struct refusal *ret)
{
    struct row row = row_begin(input, json, out, ret);
    struct str code;
    struct str other;
    struct str canonical;
    if (secret_refuse(&row))
        return row_end(&row);
    read_codes(&row, &code, &other);
    struct event *record = row_add_event(&row, EVENT_RECORD, code);
    record->alternative_code = other;
    read_milestones(&row, record);
    read_attributes(&row, record);
    if (row_refused(&row))
        return row_end(&row);
    if (identity_canonical(out, json, &canonical))
        return ERR_NOMEM;
    const struct str parts[] = {input->agency, canonical};
    identity_set(input, record, parts, 2);
    if (str_given(other))
        add_alias(&row, code, other);
    add_supplements(&row, code);
    return row_end(&row);
}
