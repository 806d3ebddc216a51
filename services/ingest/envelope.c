#include "ingest/envelope.h"

#include "base/text.h"
#include "ingest/map_hoso.h"
#include "ingest/map_native.h"
#include "ingest/map_progress.h"
#include "ingest/row.h"

static int open_portal(struct envelope *envelope, struct error *err)
{
    const struct json *root = json_root(envelope->doc);
    struct str service = json_text(json_get(root, "service"));
    envelope->rows = json_get(root, "data");
    envelope->agency = text_trim(json_text(json_get(root, "madonvi")));
    if (json_kind_of(root) != JSON_OBJECT_)
        return error_set(err, ERR_INPUT, "gói tin phải là một đối tượng JSON có service và data");
    if (str_eq(service, STR("DongBoHoSoMC")))
        envelope->map = map_hoso;
    else if (str_eq(service, STR("CapNhatTienDoHoSoMC")))
        envelope->map = map_progress;
    else
        return error_set(err, ERR_INPUT, "service phải là DongBoHoSoMC hoặc CapNhatTienDoHoSoMC");
    if (json_kind_of(envelope->rows) != JSON_ARRAY_ && json_kind_of(envelope->rows) != JSON_OBJECT_)
        return error_set(err, ERR_INPUT, "data phải là một danh sách hoặc một đối tượng");
    if (str_given(envelope->agency) && !is_agency_code(envelope->agency))
        return error_set(err, ERR_INPUT, "madonvi phải là mã định danh đơn vị, ví dụ H24.11713");
    return 0;
}

static int open_events(struct envelope *envelope, struct error *err)
{
    envelope->map = map_native;
    envelope->rows = json_root(envelope->doc);
    if (json_kind_of(envelope->rows) != JSON_ARRAY_ && json_kind_of(envelope->rows) != JSON_OBJECT_)
        return error_set(err, ERR_INPUT, "gói tin phải là một danh sách sự kiện");
    return 0;
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
    int result = json_parse(body, &ret->doc, err);
    if (result == ERR_INPUT)
        return error_prefix(err, result, "không phải JSON hợp lệ");
    if (!result)
        result = form == ENVELOPE_PORTAL ? open_portal(ret, err) : open_events(ret, err);
    if (result) {
        envelope_close(ret);
        return result;
    }
    ret->row_count = json_kind_of(ret->rows) == JSON_ARRAY_ ? json_size(ret->rows) : 1;
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
