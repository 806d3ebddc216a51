#include "board/sheet.h"

#include <inttypes.h>
#include <stdlib.h>

bool sheet_open(struct sheet *sheet, bool csv, struct json_out *json, const char *key,
                const char *const *names)
{
    *sheet = (struct sheet){.csv = csv, .json = json, .names = names};
    if (!csv) {
        json_begin_array(json, key);
        return true;
    }
    sheet->file = open_memstream(&sheet->text, &sheet->size);
    if (!sheet->file)
        return false;
    fputs("\xEF\xBB\xBF", sheet->file);
    for (size_t i = 0; names[i]; i++)
        fprintf(sheet->file, "%s%s", i ? "," : "", names[i]);
    fputs("\r\n", sheet->file);
    return true;
}

void sheet_row(struct sheet *sheet)
{
    sheet->cell = 0;
    if (!sheet->csv)
        json_begin_object(sheet->json, NULL);
}

void sheet_row_end(struct sheet *sheet)
{
    if (sheet->csv)
        fputs("\r\n", sheet->file);
    else
        json_end_object(sheet->json);
}

/* The name of the next cell; writes the comma before it. */
static const char *next_cell(struct sheet *sheet)
{
    if (sheet->csv && sheet->cell)
        fputc(',', sheet->file);
    return sheet->names[sheet->cell++];
}

void sheet_text(struct sheet *sheet, struct str value)
{
    const char *name = next_cell(sheet);
    if (!sheet->csv) {
        if (str_given(value))
            json_put_text(sheet->json, name, value);
        else
            json_put_null(sheet->json, name);
        return;
    }
    if (!str_given(value))
        return;
    fputc('"', sheet->file);
    if (memchr("=+-@\t\r", value.data[0], 6))
        fputc('\'', sheet->file);
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] == '"')
            fputc('"', sheet->file);
        fputc(value.data[i], sheet->file);
    }
    fputc('"', sheet->file);
}

void sheet_integer(struct sheet *sheet, int64_t value)
{
    const char *name = next_cell(sheet);
    if (sheet->csv)
        fprintf(sheet->file, "%" PRId64, value);
    else
        json_put_integer(sheet->json, name, value);
}

void sheet_bool(struct sheet *sheet, bool value)
{
    const char *name = next_cell(sheet);
    if (sheet->csv)
        fputs(value ? "1" : "0", sheet->file);
    else
        json_put_bool(sheet->json, name, value);
}

void sheet_time(struct sheet *sheet, int64_t at)
{
    const char *name = next_cell(sheet);
    char text[TIME_TEXT_SIZE];
    if (sheet->csv)
        fputs(time_format(at, text), sheet->file);
    else if (at == NO_TIME)
        json_put_null(sheet->json, name);
    else
        json_put_integer(sheet->json, name, at);
}

void sheet_day(struct sheet *sheet, int32_t day)
{
    const char *name = next_cell(sheet);
    char text[TIME_TEXT_SIZE];
    day_format(day, text);
    if (sheet->csv)
        fputs(text, sheet->file);
    else if (day == NO_DAY)
        json_put_null(sheet->json, name);
    else
        json_put_text(sheet->json, name, str_of(text));
}

struct str sheet_end(struct sheet *sheet)
{
    if (!sheet->csv) {
        json_end_array(sheet->json);
        return STR_NONE;
    }
    bool whole = fclose(sheet->file) == 0;
    sheet->file = NULL;
    return whole ? (struct str){sheet->text, sheet->size} : STR_NONE;
}

void sheet_close(struct sheet *sheet)
{
    if (sheet->file)
        fclose(sheet->file);
    free(sheet->text);
    sheet->file = NULL;
    sheet->text = NULL;
}
