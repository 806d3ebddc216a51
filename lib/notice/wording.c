#include "notice/wording.h"

static const char *const rules[RULE_COUNT] = {
    [RULE_OVERDUE] = "Quá hạn trả kết quả",
    [RULE_DUE_SOON_1] = "Sắp đến hạn (nhắc sớm)",
    [RULE_DUE_SOON_2] = "Sắp đến hạn",
    [RULE_DUE_SOON_3] = "Đến hạn trong buổi làm việc này",
    [RULE_ACCEPTANCE] = "Quá giờ tiếp nhận hồ sơ trực tuyến",
    [RULE_STEP_OVERDUE] = "Bước xử lý quá hạn",
    [RULE_SUPPLEMENT_LATE] = "Yêu cầu bổ sung muộn",
    [RULE_APOLOGY_MISSING] = "Nếu không kịp hạn: cần gửi thư xin lỗi (mẫu 04) trước hạn 01 ngày",
    [RULE_REAPPOINTED_TWICE] = "Hẹn lại lần thứ hai (chỉ được hẹn lại một lần)",
};

const char *wording_rule(enum alert_rule rule)
{
    return (size_t)rule < RULE_COUNT ? rules[rule] : "Cảnh báo";
}

bool wording_is_violation(enum alert_rule rule)
{
    return rule == RULE_OVERDUE || rule == RULE_ACCEPTANCE || rule == RULE_STEP_OVERDUE ||
           rule == RULE_SUPPLEMENT_LATE || rule == RULE_REAPPOINTED_TWICE;
}

enum clock_verdict wording_verdict(const struct told_alert *alert, int64_t now_at)
{
    if (alert->portal_status)
        return CLOCK_PORTAL;
    if (alert->last_ingested_at == NO_TIME || now_at - alert->last_ingested_at > 3 * MS_PER_DAY)
        return CLOCK_SILENT;
    if (alert->last_event_at != NO_TIME &&
        alert->last_ingested_at - alert->last_event_at > MS_PER_DAY)
        return CLOCK_DATA;
    return CLOCK_WORK;
}

const char *wording_of_verdict(enum clock_verdict verdict)
{
    switch (verdict) {
    case CLOCK_PORTAL:
        return "Có thể do dữ liệu: Cổng báo đã kết thúc, hệ thống một cửa thì chưa. Hãy kiểm tra "
               "đồng bộ.";
    case CLOCK_SILENT:
        return "Có thể do dữ liệu: hơn 3 ngày không có tin mới. Hãy kiểm tra đồng bộ trước.";
    case CLOCK_DATA: return "Có thể do dữ liệu: tin cuối về muộn hơn 1 ngày sau khi việc xảy ra.";
    default: return "Dữ liệu về kịp thời: chậm ở khâu xử lý.";
    }
}

const char *wording_clock(enum clock_verdict verdict)
{
    static const char *const names[] = {[CLOCK_WORK] = "work",
                                        [CLOCK_DATA] = "data",
                                        [CLOCK_SILENT] = "silent",
                                        [CLOCK_PORTAL] = "portal"};
    return names[verdict];
}

char *wording_time(int64_t at, char *out)
{
    if (at == NO_TIME) {
        snprintf(out, WORDING_TIME_SIZE, "không rõ");
        return out;
    }
    struct vn_time t = vn_time_of(at);
    snprintf(out, WORDING_TIME_SIZE, "%02u:%02u %02u/%02u/%04u", (unsigned)t.hour % 100,
             (unsigned)t.minute % 100, (unsigned)t.day % 100, (unsigned)t.month % 100,
             (unsigned)t.year % 10000);
    return out;
}

const char *wording_end(struct str reason, enum alert_state state)
{
    static const struct {
        const char *reason;
        const char *text;
    } texts[] = {
        {"done", "đã xử lý xong"},
        {"paused", "đang tạm dừng (chờ bổ sung hoặc chờ nộp tiền)"},
        {"withdrawn", "công dân rút hồ sơ"},
        {"refused", "không tiếp nhận"},
        {"stopped", "dừng xử lý"},
        {"accepted", "đã tiếp nhận"},
        {"step_done", "bước xử lý đã xong"},
        {"apology_sent", "đã gửi thư xin lỗi"},
        {"due_changed", "thu hồi: hạn đã được sửa"},
        {"alias", "thu hồi: trùng với hồ sơ khác"},
        {"late_data", "thu hồi: thực ra không chậm, dữ liệu về muộn"},
        {"rule_changed", "thu hồi: quy tắc cảnh báo đã thay đổi"},
        {"rule_off", "đã tắt loại cảnh báo này"},
        {"erased", "hồ sơ đã được xóa"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (str_eq(reason, str_of(texts[i].reason)))
            return texts[i].text;
    }
    return state == ALERT_RETRACTED ? "thu hồi" : "đã kết thúc";
}

const char *wording_trouble(const char *name)
{
    static const struct {
        const char *name;
        const char *text;
    } texts[] = {
        {"postgres", "Không kết nối được PostgreSQL: không có cảnh báo nào được ghi."},
        {"kafka", "Kafka không trả lời: cảnh báo quá hạn được giữ lại cho đến khi đọc hết tin."},
        {"claim", "Một tiến trình hoso-alerter khác đang giữ phần việc này."},
        {"clock", "Đồng hồ của máy đã nhảy: hệ thống đi tiếp theo giờ cũ cho đến khi có người xác "
                  "nhận (hoso alerts clock --accept --actor TÊN)."},
        {"held", "Đã đến hạn nhưng cảnh báo còn được giữ lại vì chưa đọc hết tin."},
        {"lag", "hoso-alerter đọc tin không kịp: cảnh báo có thể đến muộn."},
        {"outbox", "Cảnh báo chưa gửi đi được: hãy kiểm tra Kafka, máy chủ thư và các kênh gửi."},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(name, texts[i].name) == 0)
            return texts[i].text;
    }
    return "hoso-alerter chưa sẵn sàng.";
}
