#include "ingest/document.h"

#include "base/text.h"
#include "ingest/map_hoso.h"
#include "ingest/map_native.h"
#include "ingest/map_progress.h"
#include "ingest/row.h"

map_row *document_mapper(const char *word)
{
    if (strcmp(word, "hoso") == 0)
        return map_hoso;
    if (strcmp(word, "progress") == 0)
        return map_progress;
    return strcmp(word, "events") == 0 ? map_native : NULL;
}

static enum refusal_code read_form(struct document *document)
{
    const struct json *root = json_root(document->doc);
    const struct json *service = json_get(root, "service");
    const struct json *data = json_get(root, "data");
    const struct json *agency = json_get(root, "madonvi");
    if (service) {
        if (str_eq(json_text(service), STR("DongBoHoSoMC")))
            document->map = map_hoso;
        else if (str_eq(json_text(service), STR("CapNhatTienDoHoSoMC")))
            document->map = map_progress;
        else
            return REFUSAL_BAD_VALUE;
    }
    if (service && !data)
        return REFUSAL_MISSING;
    if (data && agency) {
        document->agency = text_trim(json_text(agency));
        if (!is_agency_code(document->agency))
            return REFUSAL_BAD_CODE;
    }
    document->rows = data ? data : root;
    if (json_kind_of(document->rows) != JSON_ARRAY_ && json_kind_of(document->rows) != JSON_OBJECT_)
        return REFUSAL_NOT_OBJECT;
    document->count = json_kind_of(document->rows) == JSON_ARRAY_ ? json_size(document->rows) : 1;
    return REFUSAL_NONE;
}

int document_open(struct str text, map_row *map, struct str agency, struct document *ret,
                  enum refusal_code *ret_code)
{
    *ret = (struct document){.map = map, .agency = agency};
    int r = json_parse(text, &ret->doc, NULL);
    *ret_code = r == ERR_INPUT ? REFUSAL_BAD_JSON : REFUSAL_NONE;
    if (r == 0)
        *ret_code = read_form(ret);
    if (r == 0 && *ret_code == REFUSAL_NONE)
        return 0;
    document_close(ret);
    return r == ERR_NOMEM ? r : MAP_REFUSED;
}

void document_close(struct document *document)
{
    document->doc = json_doc_free(document->doc);
}

const struct json *document_row(const struct document *document, size_t index)
{
    bool list = json_kind_of(document->rows) == JSON_ARRAY_;
    return list ? json_at(document->rows, index) : document->rows;
}
