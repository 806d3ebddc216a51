#include "ingest/answer.h"

#include <stdio.h>
#include <stdlib.h>

static const char content_type[] = "application/json; charset=utf-8";

int refusals_add(struct refusals *refusals, size_t row, const struct refusal *refusal)
{
    if (refusals->count == refusals->capacity) {
        size_t capacity = refusals->capacity ? refusals->capacity * 2 : 16;
        struct refused_row *grown = realloc(refusals->items, capacity * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        refusals->items = grown;
        refusals->capacity = capacity;
    }
    refusals->items[refusals->count++] = (struct refused_row){row, *refusal};
    return 0;
}

void refusals_deinit(struct refusals *refusals)
{
    free(refusals->items);
    *refusals = (struct refusals){0};
}

/* What is wrong and what to do; the field's name stands before it. */
static const char *advice(enum refusal_code code)
{
    static const char *const texts[REFUSAL_COUNT] = {
        [REFUSAL_MISSING] = "thiếu; hãy điền rồi gửi lại dòng này",
        [REFUSAL_BAD_TYPE] = "sai kiểu dữ liệu; phải là chuỗi, số hoặc danh sách như tài liệu",
        [REFUSAL_BAD_TIME] = "không phải ngày giờ có thật; dùng yyyyMMddHHmmss, giờ Việt Nam",
        [REFUSAL_TOO_FAR_AHEAD] = "sau hiện tại quá 24 giờ; hãy kiểm tra đồng hồ của máy gửi",
        [REFUSAL_BAD_STATUS] = "phải là mã trạng thái từ 1 đến 10",
        [REFUSAL_UNMAPPED_STATUS] = "trạng thái nội bộ chưa có mã; hãy gửi khi có mã từ 1 đến 10",
        [REFUSAL_BAD_CODE] = "không phải mã hợp lệ; không được có khoảng trắng hay ký tự lạ",
        [REFUSAL_TOO_LONG] = "dài quá 64 byte; hãy kiểm tra lại mã",
        [REFUSAL_BAD_VALUE] = "giá trị ngoài danh mục; hãy xem tài liệu",
        [REFUSAL_SECRET] = "hồ sơ bí mật nhà nước không được gửi qua hệ thống này",
        [REFUSAL_TOO_MANY] = "quá nhiều phần tử; hãy kiểm tra lại hồ sơ",
        [REFUSAL_NOT_OBJECT] = "dòng phải là một đối tượng JSON",
        [REFUSAL_BAD_JSON] = "dòng không phải JSON hợp lệ",
        [REFUSAL_BAD_CSV] = "dòng CSV sai: dấu nháy, hoặc số cột khác dòng tiêu đề",
        [REFUSAL_LINE_TOO_LONG] = "dòng quá dài; hãy chia nhỏ",
    };
    return texts[code];
}

static void put_refusal(struct json_out *out, const struct refused_row *row)
{
    const struct refusal *refusal = &row->refusal;
    char message[256];
    int len = snprintf(message, sizeof message, "%s%s%s", refusal->field,
                       *refusal->field ? ": " : "", advice(refusal->code));
    json_begin_object(out, NULL);
    json_put_integer(out, "row", (int64_t)row->row);
    json_put_text(out, "field", str_of(refusal->field));
    json_put_text(out, "code", str_of(refusal_name(refusal->code)));
    json_put_text(out, "message", (struct str){message, (size_t)len});
    json_end_object(out);
}

static void begin(struct json_out *out, int status, const char *message)
{
    char code[8];
    snprintf(code, sizeof code, "%d", status == 200 ? 0 : status);
    json_out_clear(out);
    json_begin_object(out, NULL);
    json_put_text(out, "error_code", str_of(code));
    json_put_text(out, "message", str_of(message));
}

int answer_rows(struct http_exchange *exchange, struct json_out *out, size_t accepted,
                const struct refusals *refusals)
{
    int status = refusals->count == 0 ? 200 : accepted > 0 ? 207 : 422;
    begin(out, status,
          status == 200 ? "Đã nhận tất cả"
          : status == 207 ? "Đã nhận một phần; hãy sửa và gửi lại các dòng trong refused"
                          : "Không nhận dòng nào; hãy sửa các dòng trong refused rồi gửi lại");
    json_put_integer(out, "accepted", (int64_t)accepted);
    json_begin_array(out, "refused");
    for (size_t i = 0; i < refusals->count; i++)
        put_refusal(out, &refusals->items[i]);
    json_end_array(out);
    json_end_object(out);
    struct str text = json_out_text(out);
    if (!str_given(text)) {
        http_answer(exchange, 503, content_type, STR("{\"error_code\":\"503\"}"), 1);
        return 503;
    }
    http_answer(exchange, status, content_type, text, 0);
    return status;
}

void answer_problem(struct http_exchange *exchange, struct json_out *out, int status,
                    const char *message, int retry_after_s)
{
    begin(out, status, message);
    json_end_object(out);
    http_answer(exchange, status, content_type, json_out_text(out), retry_after_s);
}
