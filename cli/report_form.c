#include "report_form.h"

#include <string.h>

#include "commands.h"

#define BIT(i) (UINT32_C(1) << (i))
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define RECEIVED                                                                                   \
    {                                                                                              \
        "Tiếp nhận", "Received"                                                                    \
    }
#define SETTLED                                                                                    \
    {                                                                                              \
        "Đã giải quyết", "Settled"                                                                 \
    }
#define OPEN                                                                                       \
    {                                                                                              \
        "Đang giải quyết", "Open"                                                                  \
    }
#define PAYMENT                                                                                    \
    {                                                                                              \
        "Thanh toán", "Payment"                                                                    \
    }
#define WAITING                                                                                    \
    {                                                                                              \
        "Chờ tiếp nhận", "Awaiting acceptance"                                                     \
    }
#define RESULTS                                                                                    \
    {                                                                                              \
        "Kết quả", "Results"                                                                       \
    }

#define RATINGS                                                                                    \
    {                                                                                              \
        "Đánh giá", "Ratings"                                                                      \
    }
#define NO_GROUP                                                                                   \
    {                                                                                              \
        NULL, NULL                                                                                 \
    }
#define COLUMN(key, group, vi, en)                                                                 \
    {                                                                                              \
        key, group, {vi, en}, false, false                                                         \
    }

/* TT 01/2020/TT-VPCP, columns 3 to 13. */
static const struct form_column ii06[] = {
    COLUMN("received", RECEIVED, "Tổng số", "Total"),
    COLUMN("new_online", RECEIVED, "Trong kỳ: trực tuyến", "New: online"),
    COLUMN("new_direct", RECEIVED, "Trong kỳ: trực tiếp, bưu chính", "New: counter, post"),
    COLUMN("carried", RECEIVED, "Từ kỳ trước", "Carried over"),
    COLUMN("settled", SETTLED, "Tổng số", "Total"),
    COLUMN("early", SETTLED, "Trước hạn", "Early"),
    COLUMN("on_time", SETTLED, "Đúng hạn", "On time"),
    COLUMN("late", SETTLED, "Quá hạn", "Late"),
    COLUMN("open", OPEN, "Tổng số", "Total"),
    COLUMN("open_in_time", OPEN, "Trong hạn", "In time"),
    COLUMN("open_overdue", OPEN, "Quá hạn", "Overdue"),
};
#define II06_SUMS                                                                                  \
    {                                                                                              \
        {0, BIT(1) | BIT(2) | BIT(3)}, {4, BIT(5) | BIT(6) | BIT(7)}, {8, BIT(9) | BIT(10)},       \
        {                                                                                          \
            0, BIT(4) | BIT(8)                                                                     \
        }                                                                                          \
    }
#define II06_NOTE                                                                                                               \
    {                                                                                                                           \
        "Cột 9 gồm hồ sơ rút, trả lại. Cột 12 gồm hồ sơ tạm dừng: chờ bổ sung, chờ nộp tiền, " \
        "dừng xử lý.",                                                                                                          \
            "Column 9 includes withdrawn dossiers, column 12 paused ones (supplement, payment, "                                \
            "stopped)."                                                                                                         \
    }

/* Mẫu 07a/BTP (2026). */
#define COLUMNS_07A_RECEIVED                                                                       \
    COLUMN("received", RECEIVED, "Tổng số", "Total"),                                              \
        COLUMN("new_counter", RECEIVED, "Trực tiếp", "Counter"),                                   \
        COLUMN("new_online_full", RECEIVED, "Trực tuyến toàn trình", "Online, full"),              \
        COLUMN("new_online_partial", RECEIVED, "Trực tuyến một phần", "Online, partial"),          \
        COLUMN("new_other", RECEIVED, "Hình thức khác", "Otherwise"),                              \
        COLUMN("new_postal", RECEIVED, "Bưu chính", "Post"),                                       \
        COLUMN("non_territorial", RECEIVED, "Trong đó: phi địa giới",                              \
               "Of these: non-territorial"),                                                       \
        COLUMN("carried", RECEIVED, "Từ kỳ trước", "Carried over"),                                \
        COLUMN("settled", SETTLED, "Tổng số", "Total")
#define COLUMNS_07A_REST                                                                           \
    COLUMN("late_apology", SETTLED, "Quá hạn, có thư xin lỗi", "Late, with apology"),              \
        COLUMN("late_no_apology", SETTLED, "Quá hạn, chưa có thư", "Late, without"),               \
        COLUMN("open", OPEN, "Tổng số", "Total"),                                                  \
        COLUMN("not_due", OPEN, "Chưa đến hạn", "Not yet due"),                                    \
        COLUMN("overdue_apology", OPEN, "Quá hạn, có thư xin lỗi", "Overdue, with apology"),       \
        COLUMN("overdue_no_apology", OPEN, "Quá hạn, chưa có thư", "Overdue, without"),            \
        COLUMN("paid", PAYMENT, "Tổng số", "Total"),                                               \
        COLUMN("paid_online", PAYMENT, "Trực tuyến", "Online"),                                    \
        COLUMN("paid_direct", PAYMENT, "Trực tiếp", "Direct"),                                     \
        COLUMN("stopped", NO_GROUP, "Dừng xử lý", "Stopped"),                                      \
        COLUMN("waiting_in_time", WAITING, "Đúng hạn", "In time"),                                 \
        COLUMN("waiting_overdue", WAITING, "Quá hạn", "Overdue"),                                  \
        COLUMN("refused", NO_GROUP, "Không tiếp nhận", "Refused"),                                 \
        COLUMN("withdrawn", NO_GROUP, "Rút hồ sơ", "Withdrawn"),                                   \
        COLUMN("electronic_results", RESULTS, "Bản điện tử", "Electronic"),                        \
        COLUMN("receipts", RESULTS, "Biên lai", "Receipts")
static const struct form_column form_07a[] = {
    COLUMNS_07A_RECEIVED,
    COLUMN("in_time", SETTLED, "Đúng và trước hạn", "Early or on time"),
    COLUMNS_07A_REST,
};
static const struct form_column form_07a_week[] = {
    COLUMNS_07A_RECEIVED,
    COLUMN("early", SETTLED, "Trước hạn", "Early"),
    COLUMN("on_time", SETTLED, "Đúng hạn", "On time"),
    COLUMNS_07A_REST,
};
#define NEW_07A (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(7))
#define NOTE_07A                                                                                                                       \
    {                                                                                                                                  \
        "Đúng hạn gồm hồ sơ rút, trả lại; chưa đến hạn gồm hồ sơ tạm dừng. Kết quả điện tử và " \
        "biên lai: dữ liệu nguồn không có, để trống.",                                                                                 \
            "On time includes withdrawn dossiers, not yet due includes paused ones. Electronic "                                       \
            "results and receipts are not in the source data and left blank."                                                          \
    }

static const struct form_column causes[] = {
    COLUMN("total", NO_GROUP, "Tổng số", "Total"),
    COLUMN("late", SETTLED, "Quá hạn", "Late"),
    COLUMN("late_apology", SETTLED, "Có thư xin lỗi", "With apology"),
    COLUMN("late_no_apology", SETTLED, "Chưa có thư", "Without"),
    COLUMN("open_overdue", OPEN, "Quá hạn", "Overdue"),
    COLUMN("overdue_apology", OPEN, "Có thư xin lỗi", "With apology"),
    COLUMN("overdue_no_apology", OPEN, "Chưa có thư", "Without"),
};

static const struct form_column progress_766[] = {
    COLUMN("total", NO_GROUP, "Tổng số", "Total"),
    COLUMN("settled_in_time", SETTLED, "Trước và đúng hạn", "In time"),
    COLUMN("open_in_time", OPEN, "Trong hạn", "In time"),
    COLUMN("late", SETTLED, "Quá hạn", "Late"),
    COLUMN("open_overdue", OPEN, "Quá hạn", "Overdue"),
    {"permyriad_in_time", NO_GROUP, {"Tỷ lệ trong hạn (%)", "In time (%)"}, .is_share = true},
    {"mean_hours", NO_GROUP, {"Thời gian trung bình (giờ)", "Mean time (hours)"}, .is_mean = true},
};

/* As enum report_figure (report_print.h): the summary has a page of its own on terminals. */
static const struct form_column summary[] = {
    COLUMN("received_online", RECEIVED, "Trong kỳ: trực tuyến", "New: online"),
    COLUMN("received_counter", RECEIVED, "Trong kỳ: trực tiếp", "New: counter"),
    COLUMN("received_postal", RECEIVED, "Trong kỳ: bưu chính", "New: post"),
    COLUMN("received_other", RECEIVED, "Trong kỳ: kênh khác", "New: otherwise"),
    COLUMN("carried_over", RECEIVED, "Từ kỳ trước", "Carried over"),
    COLUMN("settled", SETTLED, "Tổng số", "Total"),
    COLUMN("settled_early", SETTLED, "Trước hạn", "Early"),
    COLUMN("settled_on_time", SETTLED, "Đúng hạn", "On time"),
    COLUMN("settled_late", SETTLED, "Quá hạn", "Late"),
    COLUMN("late_with_apology", SETTLED, "Quá hạn, có thư xin lỗi", "Late, with apology"),
    COLUMN("open", OPEN, "Tổng số", "Total"),
    COLUMN("open_in_time", OPEN, "Trong hạn", "In time"),
    COLUMN("open_overdue", OPEN, "Quá hạn", "Overdue"),
    COLUMN("open_paused", OPEN, "Tạm dừng", "Paused"),
    COLUMN("rated", RATINGS, "Lượt", "Ratings"),
    COLUMN("satisfied", RATINGS, "Hài lòng", "Satisfied"),
};

#define UNIT_ROW                                                                                   \
    {                                                                                              \
        "Đơn vị", "Unit"                                                                           \
    }
#define ARGUMENTS "($1, $2, $3, $4, coalesce($5, 'infinity'::timestamptz))"

const struct form report_forms[] = {
    {.name = "tong-hop",
     .code = "Tổng hợp",
     .title = {"Tình hình giải quyết hồ sơ", "Summary of dossiers"},
     .row_title = UNIT_ROW,
     .sql = "SELECT * FROM analytics.form_summary" ARGUMENTS,
     .columns = summary,
     .column_count = COUNT_OF(summary),
     .sums = {{5, BIT(6) | BIT(7) | BIT(8)}, {10, BIT(11) | BIT(12) | BIT(13)}},
     .sum_count = 2},
    {.name = "ii06a",
     .code = "Biểu số II.06a/VPCP/KSTT",
     .title = {"Tình hình, kết quả giải quyết thủ tục hành chính",
               "Administrative procedures: dossiers and results"},
     .row_title = UNIT_ROW,
     .sql = "SELECT * FROM analytics.form_ii06a" ARGUMENTS,
     .columns = ii06,
     .column_count = COUNT_OF(ii06),
     .sums = II06_SUMS,
     .sum_count = 4,
     .note = II06_NOTE},
    {.name = "ii06b",
     .code = "Biểu số II.06b/VPCP/KSTT",
     .title = {"Tình hình, kết quả giải quyết thủ tục hành chính theo lĩnh vực",
               "Administrative procedures: dossiers and results by field"},
     .row_title = {"Lĩnh vực", "Field"},
     .sql = "SELECT * FROM analytics.form_ii06b" ARGUMENTS,
     .columns = ii06,
     .column_count = COUNT_OF(ii06),
     .sums = II06_SUMS,
     .sum_count = 4,
     .note = II06_NOTE},
    {.name = "07a",
     .code = "Mẫu 07a/BTP",
     .title = {"Kết quả giải quyết thủ tục hành chính trong kỳ báo cáo",
               "Results of administrative procedures in the period"},
     .row_title = UNIT_ROW,
     .sql = "SELECT * FROM analytics.form_07a" ARGUMENTS,
     .columns = form_07a,
     .column_count = COUNT_OF(form_07a),
     .sums = {{0, NEW_07A},
              {8, BIT(9) | BIT(10) | BIT(11)},
              {12, BIT(13) | BIT(14) | BIT(15)},
              {0, BIT(8) | BIT(12)},
              {16, BIT(17) | BIT(18)}},
     .sum_count = 5,
     .note = NOTE_07A},
    {.name = "07a-tuan",
     .code = "Mẫu 07a/BTP (tuần)",
     .title = {"Kết quả giải quyết thủ tục hành chính trong tuần",
               "Results of administrative procedures in the week"},
     .row_title = UNIT_ROW,
     .sql = "SELECT * FROM analytics.form_07a_week" ARGUMENTS,
     .columns = form_07a_week,
     .column_count = COUNT_OF(form_07a_week),
     .sums = {{0, NEW_07A},
              {8, BIT(9) | BIT(10) | BIT(11) | BIT(12)},
              {13, BIT(14) | BIT(15) | BIT(16)},
              {0, BIT(8) | BIT(13)},
              {17, BIT(18) | BIT(19)}},
     .sum_count = 5,
     .note = NOTE_07A},
    {.name = "nguyen-nhan",
     .code = "Biểu số II.07",
     .title = {"Nguyên nhân quá hạn", "Causes of lateness"},
     .row_title = {"Nguyên nhân", "Cause"},
     .sql = "SELECT * FROM analytics.form_causes" ARGUMENTS,
     .columns = causes,
     .column_count = COUNT_OF(causes),
     .sums = {{0, BIT(1) | BIT(4)}, {1, BIT(2) | BIT(3)}, {4, BIT(5) | BIT(6)}},
     .sum_count = 3},
    {.name = "766",
     .code = "QĐ 766/QĐ-TTg",
     .title = {"Nhóm chỉ số tiến độ giải quyết", "Index group: progress"},
     .row_title = {"Thủ tục", "Procedure"},
     .sql = "SELECT * FROM analytics.form_766" ARGUMENTS,
     .columns = progress_766,
     .column_count = COUNT_OF(progress_766),
     .sums = {{0, BIT(1) | BIT(2) | BIT(3) | BIT(4)}},
     .sum_count = 1,
     .note = {"Tỷ lệ = (cột 4 + cột 5) / cột 3. Thời gian tính theo giờ lịch, từ tiếp nhận đến "
              "kết thúc.",
              "Share = (column 4 + column 5) / column 3. Time in hours by the clock, from "
              "acceptance to the end."}},
    {0},
};

const struct form *form_find(const char *name)
{
    for (const struct form *form = report_forms; form->name; form++) {
        if (strcmp(form->name, name) == 0)
            return form;
    }
    return NULL;
}

const char *form_text(struct form_text text)
{
    return text.vi ? cli_english() && text.en ? text.en : text.vi : "";
}
