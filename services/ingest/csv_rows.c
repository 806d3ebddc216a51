#include "ingest/csv_rows.h"

#include <stdlib.h>

#include "base/csv.h"
#include "base/text.h"
#include "json/json.h"

enum { NAME_SIZE = 65 };

struct csv_rows {
    struct csv csv;
    struct json_out *out;
    char names[CSV_FIELDS_MAX][NAME_SIZE];
    size_t count;
};

struct csv_rows *csv_rows_new(void)
{
    struct csv_rows *rows = calloc(1, sizeof *rows);
    if (!rows)
        return NULL;
    rows->out = json_out_new();
    return rows->out ? rows : csv_rows_free(rows);
}

struct csv_rows *csv_rows_free(struct csv_rows *rows)
{
    if (rows)
        json_out_free(rows->out);
    free(rows);
    return NULL;
}

static bool is_name(struct str text)
{
    bool plain = text.len > 0 && text.len < NAME_SIZE;
    for (size_t i = 0; i < text.len && plain; i++) {
        char c = text.data[i];
        plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
    return plain;
}

bool csv_rows_names(struct csv_rows *rows, struct str record, const char **ret_reason)
{
    *ret_reason =
        "bad_header: the first line must be the names of the columns, separated by commas";
    if (csv_parse_record(&rows->csv, record, 1, NULL) < 0)
        return false;
    rows->count = rows->csv.field_count;
    for (size_t i = 0; i < rows->count; i++) {
        struct str name = text_trim(rows->csv.fields[i]);
        if (!is_name(name))
            return false;
        memcpy(rows->names[i], name.data, name.len);
        rows->names[i][name.len] = '\0';
        for (size_t j = 0; j < i; j++) {
            if (strcmp(rows->names[i], rows->names[j]) == 0) {
                *ret_reason = "bad_header: a column's name comes twice";
                return false;
            }
        }
    }
    return true;
}

bool csv_rows_object(struct csv_rows *rows, struct str record, struct str *ret)
{
    struct csv *csv = &rows->csv;
    if (csv_parse_record(csv, record, 1, NULL) < 0 || csv->field_count != rows->count)
        return false;
    json_out_clear(rows->out);
    json_begin_object(rows->out, NULL);
    for (size_t i = 0; i < rows->count; i++)
        json_put_text(rows->out, rows->names[i], csv->fields[i]);
    json_end_object(rows->out);
    *ret = json_out_text(rows->out);
    return str_given(*ret);
}
