/* links: ingest */
/*
 * Any bytes as CSV: the first line names the columns, each further one is a record. Seeds: tests/fuzz/csv.
 *
 * A record that is taken has as many fields as there are names, each ended by NUL, none holding one; its JSON, where the bytes are
 * UTF-8, has the same fields; and written anew with every field in quotes it is read as the same.
 */
#include "base/csv.h"
#include "ingest/csv_rows.h"
#include "json/json.h"

#include "fuzz.h"

/* A line, or what is left; CSV that spans lines comes with the first byte of the input. */
static struct str next_record(struct str *rest, char end)
{
    const char *found = memchr(rest->data, end, rest->len);
    struct str record = {rest->data, found ? (size_t)(found - rest->data) : rest->len};
    size_t step = found ? record.len + 1 : record.len;
    *rest = (struct str){rest->data + step, rest->len - step};
    return record;
}

static size_t quote(const struct csv *csv, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < csv->field_count; i++) {
        if (i > 0)
            out[len++] = ',';
        out[len++] = '"';
        for (size_t j = 0; j < csv->fields[i].len; j++) {
            char c = csv->fields[i].data[j];
            out[len++] = c;
            if (c == '"')
                out[len++] = c;
        }
        out[len++] = '"';
    }
    return len;
}

static void check_again(const struct csv *csv)
{
    static struct csv again;
    static char text[2 * CSV_RECORD_MAX + 3 * CSV_FIELDS_MAX];
    struct str quoted = {text, quote(csv, text)};
    must(csv_parse_record(&again, quoted, 1, NULL) == 0);
    must(again.field_count == csv->field_count);
    for (size_t i = 0; i < csv->field_count; i++)
        must(str_eq(again.fields[i], csv->fields[i]));
}

static void check_object(struct str object, const struct csv *csv)
{
    struct json_doc *doc;
    struct json_cursor cursor = {0};
    struct str name;
    const struct json *value;
    if (json_parse(object, &doc, NULL) != 0)
        return; /* not UTF-8 */
    size_t count = 0;
    while (json_next(json_root(doc), &cursor, &name, &value))
        must(str_eq(json_text(value), csv->fields[count++]));
    must(count == csv->field_count);
    json_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct csv_rows *rows;
    static struct csv csv;
    const char *reason = NULL;
    struct str object;
    if (!rows)
        must((rows = csv_rows_new()) != NULL);
    if (size == 0)
        return 0;
    char end = data[0] == 'L' ? '\n' : '\r';
    struct str rest = {(const char *)data + 1, size - 1};
    struct str names = next_record(&rest, end);
    bool named = csv_rows_names(rows, names, &reason);
    must(named || *reason);
    while (rest.len > 0) {
        struct str record = next_record(&rest, end);
        bool parsed = csv_parse_record(&csv, record, 1, NULL) == 0;
        if (parsed) {
            must(csv.field_count >= 1 && csv.field_count <= CSV_FIELDS_MAX);
            for (size_t i = 0; i < csv.field_count; i++)
                must(csv.fields[i].data[csv.fields[i].len] == '\0' &&
                     !memchr(csv.fields[i].data, '\0', csv.fields[i].len));
            check_again(&csv);
        }
        if (named && csv_rows_object(rows, record, &object)) {
            must(parsed);
            check_object(object, &csv);
        }
    }
    return 0;
}
