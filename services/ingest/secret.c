#include "ingest/secret.h"

#include "base/text.h"

static bool is_marked(const struct json *mark)
{
    int64_t number;
    bool yes;
    switch (json_kind_of(mark)) {
    case JSON_NULL_: return false;
    case JSON_BOOL: return json_to_bool(mark, &yes) && yes;
    case JSON_INTEGER_: return json_to_integer(mark, &number) && number != 0;
    case JSON_STRING_:
        return str_given(text_trim(json_text(mark))) &&
               !str_eq(text_trim(json_text(mark)), STR("0"));
    default: return true;
    }
}

/* Whether code is `listed`, or `listed` followed by an agency's suffix. */
static bool is_listed(struct str code, struct str listed)
{
    return str_given(listed) && code.len >= listed.len &&
           memcmp(code.data, listed.data, listed.len) == 0 &&
           (code.len == listed.len || code.data[listed.len] == '.');
}

bool secret_is_listed(const struct source *source, struct str code)
{
    struct str rest = source->secret_procedures;
    while (rest.len > 0) {
        const char *comma = memchr(rest.data, ',', rest.len);
        size_t len = comma ? (size_t)(comma - rest.data) : rest.len;
        if (is_listed(code, text_trim((struct str){rest.data, len})))
            return true;
        size_t step = comma ? len + 1 : len;
        rest = (struct str){rest.data + step, rest.len - step};
    }
    return false;
}

bool secret_refuse(struct row *row)
{
    if (!row_refused(row) && is_marked(json_get(row->object, "DoMat")))
        row_refuse(row, REFUSAL_SECRET, "DoMat");
    struct str procedure = row_text(row, "MaTTHC");
    if (!row_refused(row) && secret_is_listed(row->input->source, procedure))
        row_refuse(row, REFUSAL_SECRET, "MaTTHC");
    return row_refused(row);
}
