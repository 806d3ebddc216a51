#include "ingest/envelope.h"

#include "base/text.h"
#include "ingest/map_hoso.h"
#include "ingest/map_native.h"
#include "ingest/map_progress.h"
#include "ingest/map_status.h"
#include "ingest/row.h"

bool is_updating_word(struct str text)
{
    static const char *const words[] = {"true", "false", "1", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_same_word(text, words[i]))
            return true;
    }
    return !str_given(text);
}

static bool is_updating_value(const struct json *value)
{
    int64_t number;
    switch (json_kind_of(value)) {
    case JSON_NULL_:
    case JSON_BOOL: return true;
    case JSON_INTEGER_: return json_to_integer(value, &number) && (number == 0 || number == 1);
    case JSON_STRING_: return is_updating_word(text_trim(json_text(value)));
    default: return false;
    }
}

static bool is_rows(const struct json *value)
{
    return json_kind_of(value) == JSON_ARRAY_ || json_kind_of(value) == JSON_OBJECT_;
}

static int open_lookup(struct envelope *envelope, const struct json *root, struct error *err)
{
    envelope->looked_for = text_trim(json_text(json_get(root, "mahoso")));
    if (!text_is_code(envelope->looked_for) || envelope->looked_for.len > CODE_MAX)
        return error_set(err, ERR_INPUT, "mahoso phải là mã hồ sơ, tối đa 64 byte");
    return 0;
}

/* The members beside the data. */
static int read_head(struct envelope *envelope, const struct json *root, struct error *err)
{
    envelope->session = json_text(json_get(root, "session"));
    envelope->agency = text_trim(json_text(json_get(root, "madonvi")));
    if (str_given(envelope->agency) && !is_agency_code(envelope->agency))
        return error_set(err, ERR_INPUT, "madonvi phải là mã định danh đơn vị, ví dụ H24.11713");
    if (!is_updating_value(json_get(root, "isUpdating")))
        return error_set(err, ERR_INPUT, "isUpdating phải là \"True\" hoặc \"False\"");
    return 0;
}

static int open_service(struct envelope *envelope, enum envelope_form form, const struct json *root,
                        struct error *err)
{
    int result = read_head(envelope, root, err);
    if (result)
        return result;
    if (form == ENVELOPE_LOOKUP)
        return open_lookup(envelope, root, err);
    envelope->map = form == ENVELOPE_STEPS ? map_progress : map_hoso;
    envelope->per_row = form == ENVELOPE_STEPS;
    envelope->rows = json_get(root, "data");
    if (!is_rows(envelope->rows))
        return error_set(err, ERR_INPUT, "data phải là một danh sách hoặc một đối tượng");
    return 0;
}

static int open_portal(struct envelope *envelope, struct error *err)
{
    static const struct {
        const char *service;
        enum envelope_form form;
    } services[] = {{"DongBoHoSoMC", ENVELOPE_RECORDS},
                    {"CapNhatTienDoHoSoMC", ENVELOPE_STEPS},
                    {"TraCuuHoSo", ENVELOPE_LOOKUP}};
    const struct json *root = json_root(envelope->doc);
    struct str service = json_text(json_get(root, "service"));
    if (json_kind_of(root) != JSON_OBJECT_)
        return error_set(err, ERR_INPUT, "gói tin phải là một đối tượng JSON có service và data");
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (str_eq(service, str_of(services[i].service)))
            return open_service(envelope, services[i].form, root, err);
    }
    return error_set(err, ERR_INPUT,
                     "service phải là DongBoHoSoMC, CapNhatTienDoHoSoMC hoặc TraCuuHoSo");
}

/* The path has named the service: the body is the data, or the object that the other form sends. */
static int open_rest(struct envelope *envelope, struct error *err)
{
    const struct json *root = json_root(envelope->doc);
    if (envelope->form == ENVELOPE_LOOKUP || json_get(root, "data"))
        return open_service(envelope, envelope->form, root, err);
    envelope->map = envelope->form == ENVELOPE_STEPS ? map_progress : map_hoso;
    envelope->per_row = envelope->form == ENVELOPE_STEPS;
    envelope->rows = root;
    return is_rows(root) ? 0 : error_set(err, ERR_INPUT, "gói tin phải là danh sách hồ sơ");
}

static int open_list(struct envelope *envelope, struct error *err)
{
    static map_row *const maps[ENVELOPE_FORM_COUNT] = {[ENVELOPE_B_RECORD] = map_hoso,
                                                       [ENVELOPE_B_STEP] = map_progress,
                                                       [ENVELOPE_B_STATUS] = map_status,
                                                       [ENVELOPE_EVENTS] = map_native};
    envelope->map = maps[envelope->form];
    envelope->rows = json_root(envelope->doc);
    if (!is_rows(envelope->rows))
        return error_set(err, ERR_INPUT, "gói tin phải là một đối tượng hoặc một danh sách");
    return 0;
}

static int open_json(struct envelope *envelope, struct error *err)
{
    switch (envelope->form) {
    case ENVELOPE_PORTAL: return open_portal(envelope, err);
    case ENVELOPE_RECORDS:
    case ENVELOPE_STEPS:
    case ENVELOPE_LOOKUP: return open_rest(envelope, err);
    default: return open_list(envelope, err);
    }
}

static size_t count_lines(struct str text)
{
    size_t count = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

int envelope_open(enum envelope_form form, struct str body, struct envelope *ret, struct error *err)
{
    *ret = (struct envelope){.form = form};
    if (form == ENVELOPE_EVENT_LINES) {
        ret->map = map_native;
        ret->rest = body;
        ret->row_count = count_lines(body);
        return 0;
    }
    ret->row_count = 1;
    if (form == ENVELOPE_EVENT_AVRO) {
        ret->rest = body;
        return 0;
    }
    int result = json_parse(body, &ret->doc, err);
    if (result == ERR_INPUT)
        return error_prefix(err, result, "không phải JSON hợp lệ");
    if (!result)
        result = open_json(ret, err);
    if (result) {
        envelope_close(ret);
        return result;
    }
    if (json_kind_of(ret->rows) == JSON_ARRAY_)
        ret->row_count = json_size(ret->rows);
    return 0;
}

void envelope_close(struct envelope *envelope)
{
    envelope->doc = json_doc_free(envelope->doc);
}

static size_t next_line(struct envelope *envelope, const struct json **ret_row,
                        enum refusal_code *ret_code)
{
    while (envelope->rest.len > 0) {
        const char *end = memchr(envelope->rest.data, '\n', envelope->rest.len);
        size_t len = end ? (size_t)(end - envelope->rest.data) : envelope->rest.len;
        size_t step = end ? len + 1 : len;
        struct str line = text_trim((struct str){envelope->rest.data, len});
        envelope->rest = (struct str){envelope->rest.data + step, envelope->rest.len - step};
        envelope->next++;
        if (!str_given(line))
            continue;
        envelope->doc = json_doc_free(envelope->doc);
        *ret_row = NULL;
        if (json_parse(line, &envelope->doc, NULL) != 0)
            *ret_code = REFUSAL_BAD_JSON;
        else
            *ret_row = json_root(envelope->doc);
        return envelope->next;
    }
    return 0;
}

size_t envelope_next(struct envelope *envelope, const struct json **ret_row,
                     enum refusal_code *ret_code)
{
    *ret_code = REFUSAL_NONE;
    if (envelope->form == ENVELOPE_EVENT_LINES)
        return next_line(envelope, ret_row, ret_code);
    if (envelope->next >= envelope->row_count)
        return 0;
    bool list = json_kind_of(envelope->rows) == JSON_ARRAY_;
    *ret_row = list ? json_at(envelope->rows, envelope->next) : envelope->rows;
    return ++envelope->next;
}
