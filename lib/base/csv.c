#include "base/csv.h"

/* What ends a field. */
enum field_end { END_COMMA, END_RECORD, END_BAD };

static enum field_end bad(struct csv *csv, struct error *err, const char *what)
{
    error_set(err, ERR_INPUT, "line %d: %s", csv->line, what);
    return END_BAD;
}

static bool starts_with(struct str s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && memcmp(s.data, prefix, len) == 0;
}

static void advance(struct csv *csv, size_t bytes)
{
    csv->rest.data += bytes;
    csv->rest.len -= bytes;
}

/* Eats a comma, a line break or nothing at the end of the text. */
static enum field_end end_field(struct csv *csv, struct error *err)
{
    if (csv->rest.len == 0)
        return END_RECORD;
    if (csv->rest.data[0] == ',') {
        advance(csv, 1);
        return END_COMMA;
    }
    size_t line_break = starts_with(csv->rest, "\r\n") ? 2 : csv->rest.data[0] == '\n';
    if (line_break == 0)
        return bad(csv, err, "text after a closing quote");
    advance(csv, line_break);
    csv->next_line++;
    return END_RECORD;
}

static bool append(struct csv *csv, size_t *used, char c)
{
    if (*used == sizeof csv->text)
        return false;
    csv->text[(*used)++] = c;
    return true;
}

static enum field_end read_quoted(struct csv *csv, size_t *used, struct error *err)
{
    advance(csv, 1);
    for (;;) {
        if (csv->rest.len == 0)
            return bad(csv, err, "a quote is not closed");
        char c = csv->rest.data[0];
        if (c == '"' && !starts_with(csv->rest, "\"\"")) {
            advance(csv, 1);
            return end_field(csv, err);
        }
        csv->next_line += c == '\n';
        if (c == '\0')
            return bad(csv, err, "NUL byte");
        if (!append(csv, used, c))
            return bad(csv, err, "longer than 65535 bytes");
        advance(csv, c == '"' ? 2 : 1);
    }
}

static enum field_end read_plain(struct csv *csv, size_t *used, struct error *err)
{
    while (csv->rest.len > 0 && csv->rest.data[0] != ',' && csv->rest.data[0] != '\n' &&
           !starts_with(csv->rest, "\r\n")) {
        char c = csv->rest.data[0];
        if (c == '"')
            return bad(csv, err, "a quote in the middle of a field");
        if (c == '\0')
            return bad(csv, err, "NUL byte");
        if (!append(csv, used, c))
            return bad(csv, err, "longer than 65535 bytes");
        advance(csv, 1);
    }
    return end_field(csv, err);
}

/* Reads one record of at most `expected` fields. */
static int read_record(struct csv *csv, size_t expected, struct error *err)
{
    size_t used = 0;
    csv->line = csv->next_line;
    for (size_t count = 0;;) {
        if (count == expected)
            return error_set(err, ERR_INPUT, "line %d: more than %zu fields", csv->line, expected);
        size_t begin = used;
        bool quoted = csv->rest.len > 0 && csv->rest.data[0] == '"';
        enum field_end end = quoted ? read_quoted(csv, &used, err) : read_plain(csv, &used, err);
        if (end == END_BAD)
            return ERR_INPUT;
        csv->fields[count++] = (struct str){csv->text + begin, used - begin};
        if (!append(csv, &used, '\0'))
            return error_set(err, ERR_INPUT, "line %d: longer than 65535 bytes", csv->line);
        if (end == END_RECORD) {
            csv->field_count = count;
            return 0;
        }
    }
}

int csv_open(struct csv *csv, struct str text, const char *header, struct error *err)
{
    csv->rest = text;
    csv->next_line = 1;
    if (starts_with(csv->rest, "\xEF\xBB\xBF"))
        advance(csv, 3);
    int r = read_record(csv, CSV_FIELDS_MAX, err);
    if (r < 0)
        return r;
    struct str left = str_of(header);
    for (size_t i = 0; i < csv->field_count; i++) {
        bool last = i + 1 == csv->field_count;
        struct str name = csv->fields[i];
        if (left.len < name.len || memcmp(left.data, name.data, name.len) != 0 ||
            (last ? left.len != name.len : left.len == name.len || left.data[name.len] != ','))
            return error_set(err, ERR_INPUT, "line 1: the header must be %s", header);
        left.data += name.len + !last;
        left.len -= name.len + !last;
    }
    return 0;
}

int csv_next(struct csv *csv, struct error *err)
{
    size_t expected = csv->field_count;
    for (;;) {
        if (csv->rest.len == 0)
            return 0;
        bool empty_line = csv->rest.data[0] == '\n' || starts_with(csv->rest, "\r\n");
        if (!empty_line)
            break;
        advance(csv, csv->rest.data[0] == '\n' ? 1 : 2);
        csv->next_line++;
    }
    int r = read_record(csv, expected, err);
    if (r < 0)
        return r;
    size_t got = csv->field_count;
    csv->field_count = expected;
    if (got != expected)
        return error_set(err, ERR_INPUT, "line %d: %zu fields, must be %zu", csv->line, got,
                         expected);
    return 1;
}

int csv_parse_record(struct csv *csv, struct str text, int line, struct error *err)
{
    csv->rest = text;
    csv->next_line = line;
    int r = read_record(csv, CSV_FIELDS_MAX, err);
    if (r == 0 && csv->rest.len > 0)
        r = error_set(err, ERR_INPUT, "line %d: more than one record", line);
    return r;
}
