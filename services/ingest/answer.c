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
        [REFUSAL_BAD_AVRO] = "không phải một sự kiện Avro của hoso, đóng khung kiểu Confluent",
        [REFUSAL_NOT_ALLOWED] = "khóa API không được gửi hồ sơ của đơn vị này hoặc loại này",
    };
    return texts[code];
}

int answer_status(enum generation generation, int status)
{
    if (generation != GENERATION_B)
        return status;
    switch (status) {
    case 200:
    case 401:
    case 403:
    case 404: return status;
    case 429:
    case 503: return 502;
    default: return 400;
    }
}

void answer_begin(struct json_out *out, enum generation generation, int status, const char *message)
{
    char code[8];
    snprintf(code, sizeof code, "%d",
             status == 200                ? 0
             : generation == GENERATION_A ? -3
                                          : answer_status(generation, status));
    json_out_clear(out);
    json_begin_object(out, NULL);
    json_put_text(out, "error_code", str_of(code));
    json_put_text(out, "message", str_of(message));
}

void answer_send(struct http_exchange *exchange, struct json_out *out, enum generation generation,
                 int status, int retry_after_s)
{
    json_end_object(out);
    struct str text = json_out_text(out);
    if (str_given(text))
        http_answer(exchange, answer_status(generation, status), content_type, text, retry_after_s);
    else
        http_answer(exchange, answer_status(generation, 503), content_type,
                    STR("{\"error_code\":\"503\"}"), 1);
}

static void put_refusal(struct json_out *out, const struct refused_row *row)
{
    const struct refusal *refusal = &row->refusal;
    char message[256];
    int len = snprintf(message, sizeof message, "%s%s%s", refusal->field,
                       *refusal->field ? ": " : "", advice(refusal->code));
    json_put_text(out, "field", str_of(refusal->field));
    json_put_text(out, "code", str_of(refusal_name(refusal->code)));
    json_put_text(out, "message", (struct str){message, (size_t)len});
}

static void put_refused(struct json_out *out, const struct refusals *refusals)
{
    json_begin_array(out, "refused");
    for (size_t i = 0; i < refusals->count; i++) {
        json_begin_object(out, NULL);
        json_put_integer(out, "row", (int64_t)refusals->items[i].row);
        put_refusal(out, &refusals->items[i]);
        json_end_object(out);
    }
    json_end_array(out);
}

/* Every row once, in order; refusals come in the order of the rows. */
static void put_results(struct json_out *out, size_t accepted, const struct refusals *refusals)
{
    size_t next = 0;
    json_begin_array(out, "results");
    for (size_t row = 1; row <= accepted + refusals->count; row++) {
        bool refused = next < refusals->count && refusals->items[next].row == row;
        json_begin_object(out, NULL);
        json_put_integer(out, "row", (int64_t)row);
        json_put_text(out, "error_code", refused ? STR("-3") : STR("0"));
        if (refused)
            put_refusal(out, &refusals->items[next++]);
        json_end_object(out);
    }
    json_end_array(out);
}

/* Every row refused because of the key: what generation B calls 403. */
static bool is_forbidden(const struct refusals *refusals)
{
    for (size_t i = 0; i < refusals->count; i++) {
        if (refusals->items[i].refusal.code != REFUSAL_NOT_ALLOWED)
            return false;
    }
    return refusals->count > 0;
}

int answer_rows(struct http_exchange *exchange, struct json_out *out, struct manner manner,
                size_t accepted, const struct refusals *refusals)
{
    int status = refusals->count == 0 ? 200 : accepted > 0 ? 207 : 422;
    if (manner.generation == GENERATION_B && status == 422 && is_forbidden(refusals))
        status = 403;
    answer_begin(out, manner.generation, status,
                 status == 200 ? "Đã nhận tất cả"
                 : status == 207 ? "Đã nhận một phần; hãy sửa và gửi lại các dòng trong refused"
                                 : "Không nhận dòng nào; hãy sửa các dòng trong refused rồi gửi "
                                   "lại");
    json_put_integer(out, "accepted", (int64_t)accepted);
    put_refused(out, refusals);
    if (manner.per_row)
        put_results(out, accepted, refusals);
    answer_send(exchange, out, manner.generation, status, 0);
    return status;
}

void answer_problem(struct http_exchange *exchange, struct json_out *out,
                    enum generation generation, int status, const char *message, int retry_after_s)
{
    answer_begin(out, generation, status, message);
    answer_send(exchange, out, generation, status, retry_after_s);
}

void answer_session(struct http_exchange *exchange, struct json_out *out,
                    enum generation generation, const char *token, int64_t expires_in_s)
{
    json_out_clear(out);
    json_begin_object(out, NULL);
    if (generation == GENERATION_A) {
        json_put_integer(out, "error_code", 0); /* a number here, a text everywhere else */
        json_put_text(out, "session", str_of(token));
    } else {
        json_put_text(out, "access_token", str_of(token));
        json_put_text(out, "token_type", STR("Bearer"));
    }
    json_put_integer(out, "expires_in", expires_in_s);
    answer_send(exchange, out, generation, 200, 0);
}
