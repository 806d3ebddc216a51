/* `hoso dlq list` and `hoso dlq show`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "codec/codec.h"
#include "commands.h"
#include "dlq.h"
#include "tail_value.h"
#include "topic_scan.h"

static int put_line(struct json_out *out, struct error *err)
{
    struct str text = json_out_text(out);
    if (!str_given(text))
        return error_set(err, ERR_NOMEM, "out of memory");
    fwrite(text.data, 1, text.len, stdout);
    putchar('\n');
    json_out_clear(out);
    return 0;
}

static int64_t size_of(struct str bytes)
{
    return bytes.data ? (int64_t)bytes.len : -1;
}

static void put_place(struct json_out *out, const struct letter *letter)
{
    const struct record *record = letter->record;
    char time[TIME_TEXT_SIZE];
    json_put_text(out, "topic", letter->topic);
    json_put_integer(out, "partition", letter->partition);
    json_put_integer(out, "offset", letter->offset);
    json_put_text(
        out, "time",
        str_of(time_format(record->timestamp_ms < 0 ? NO_TIME : record->timestamp_ms, time)));
    json_put_text(out, "code", letter->code);
    json_put_text(out, "stage", letter->stage);
    json_put_text(out, "message", letter->message);
    json_put_integer(out, "key_size", size_of(record->key));
    json_put_integer(out, "value_size", size_of(record->value));
    json_put_integer(out, "dlq_partition", record->partition);
    json_put_integer(out, "dlq_offset", record->offset);
}

/* ---- list ---- */

struct listing {
    struct dlq_job *job;
    struct json_out *out;
    int64_t count;
};

static void put_row(const struct letter *letter)
{
    char time[CLI_TIME_SIZE] = "-";
    if (letter->record->timestamp_ms >= 0)
        cli_time(letter->record->timestamp_ms, time);
    printf("%9" PRId32 " %10" PRId64 "  %-16s %10" PRId64 "  ", letter->partition, letter->offset,
           time, size_of(letter->record->value));
    dlq_put(letter->code);
    fputs(": ", stdout);
    dlq_put(letter->message);
    putchar('\n');
}

static int list_one(void *arg, const struct record *record, struct error *err)
{
    struct listing *listing = arg;
    struct letter letter;
    int r = dlq_wanted(listing->job, record, &letter, err);
    if (r <= 0)
        return r;
    if (listing->job->json) {
        listing->count++;
        json_begin_object(listing->out, NULL);
        put_place(listing->out, &letter);
        json_end_object(listing->out);
        return put_line(listing->out, err);
    }
    if (listing->count++ == 0)
        puts(cli_text("PHÂN VÙNG     VỊ TRÍ  THỜI GIAN              BYTE  MÃ LỖI: giải thích",
                      "PARTITION     OFFSET  TIME                   BYTE  CODE: explanation"));
    put_row(&letter);
    return 0;
}

int dlq_list(struct dlq_job *job, struct error *err)
{
    struct listing listing = {.job = job, .out = json_out_new()};
    if (!listing.out)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = topic_scan(&job->kafka, job->topic, list_one, &listing, err);
    if (r == 0 && !job->json)
        fprintf(stderr, cli_text("%" PRId64 " bản ghi lỗi\n", "%" PRId64 " dead letters\n"),
                listing.count);
    json_out_free(listing.out);
    return r;
}

/* ---- show ---- */

struct showing {
    struct dlq_job *job;
    struct tail_codecs codecs;
    struct json_out *out;
    int64_t count;
};

/* Sixteen bytes a line: place, hex, and what is printable ASCII of it. */
static void put_hex(struct str bytes)
{
    for (size_t line = 0; line < bytes.len; line += 16) {
        printf("  %06zx ", line);
        for (size_t i = line; i < line + 16; i++) {
            if (i < bytes.len)
                printf(" %02x", (unsigned char)bytes.data[i]);
            else
                fputs("   ", stdout);
        }
        fputs("  |", stdout);
        for (size_t i = line; i < line + 16 && i < bytes.len; i++) {
            unsigned char c = (unsigned char)bytes.data[i];
            putchar(c >= 0x20 && c < 0x7F ? c : '.');
        }
        fputs("|\n", stdout);
    }
}

static void put_bytes(const char *title, struct str bytes)
{
    if (bytes.data)
        printf(cli_text("%s: %zu byte\n", "%s: %zu bytes\n"), title, bytes.len);
    else
        printf(cli_text("%s: không có\n", "%s: none\n"), title);
    put_hex(bytes);
}

static int put_decoded(struct showing *showing, const struct tail_value *value, struct error *err)
{
    if (!value->layout) {
        printf(
            cli_text("Không giải mã được: %s, byte %zu\n", "Cannot be decoded: %s at byte %zu\n"),
            value->fault == CODEC_OK ? cli_text("không có nội dung", "no value")
                                     : codec_fault_name(value->fault),
            value->fault_at);
        return 0;
    }
    fputs(cli_text("Giải mã: ", "Decoded: "), stdout);
    tail_value_json(showing->out, NULL, value);
    return put_line(showing->out, err);
}

static int show_text(struct showing *showing, const struct letter *letter,
                     const struct tail_value *value, struct error *err)
{
    printf(cli_text("%s== topic %.*s, phân vùng %d, vị trí %" PRId64 " ==\n",
                    "%s== topic %.*s, partition %d, offset %" PRId64 " ==\n"),
           showing->count > 0 ? "\n" : "", STR_ARG(letter->topic), letter->partition,
           letter->offset);
    fputs(cli_text("Lỗi: ", "Error: "), stdout);
    dlq_put(letter->code);
    fputs(" (", stdout);
    dlq_put(letter->stage);
    fputs("): ", stdout);
    dlq_put(letter->message);
    putchar('\n');
    for (size_t i = 0; i < letter->header_count; i++) {
        fputs(cli_text("Tiêu đề ", "Header "), stdout);
        dlq_put(str_of(letter->headers[i].name));
        fputs(" = ", stdout);
        dlq_put(letter->headers[i].value);
        putchar('\n');
    }
    put_bytes(cli_text("Khóa", "Key"), letter->record->key);
    put_bytes(cli_text("Nội dung", "Value"), letter->record->value);
    return put_decoded(showing, value, err);
}

/* Bytes that need not be text: hex, or null. */
static int put_hex_member(struct json_out *out, const char *name, struct str bytes,
                          struct error *err)
{
    if (!bytes.data) {
        json_put_null(out, name);
        return 0;
    }
    char *hex = malloc(2 * bytes.len + 1);
    if (!hex)
        return error_set(err, ERR_NOMEM, "out of memory");
    hex_encode((const uint8_t *)bytes.data, bytes.len, hex);
    json_put_text(out, name, str_of(hex));
    free(hex);
    return 0;
}

static int show_json(struct showing *showing, const struct letter *letter,
                     const struct tail_value *value, struct error *err)
{
    struct json_out *out = showing->out;
    json_begin_object(out, NULL);
    put_place(out, letter);
    int r = put_hex_member(out, "key_hex", letter->record->key, err);
    if (r == 0)
        r = put_hex_member(out, "value_hex", letter->record->value, err);
    json_begin_array(out, "headers");
    for (size_t i = 0; i < letter->header_count && r == 0; i++) {
        json_begin_object(out, NULL);
        json_put_text(out, "name", str_of(letter->headers[i].name));
        r = put_hex_member(out, "value_hex", letter->headers[i].value, err);
        json_end_object(out);
    }
    json_end_array(out);
    if (r < 0)
        return r;
    if (value->layout)
        tail_value_json(out, "decoded", value);
    else
        json_put_null(out, "decoded");
    json_end_object(out);
    return put_line(out, err);
}

static int show_one(void *arg, const struct record *record, struct error *err)
{
    struct showing *showing = arg;
    struct letter letter;
    struct tail_value value;
    int r = dlq_wanted(showing->job, record, &letter, err);
    if (r <= 0)
        return r;
    tail_decode(&showing->codecs, record->value, &value);
    r = showing->job->json ? show_json(showing, &letter, &value, err)
                           : show_text(showing, &letter, &value, err);
    showing->count++;
    return r;
}

int dlq_show(struct dlq_job *job, struct error *err)
{
    struct showing showing = {.job = job, .out = json_out_new()};
    int r = tail_codecs_init(&showing.codecs, err);
    if (r == 0 && !showing.out)
        r = error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0)
        r = topic_scan(&job->kafka, job->topic, show_one, &showing, err);
    tail_codecs_deinit(&showing.codecs);
    json_out_free(showing.out);
    if (r == 0 && showing.count == 0)
        fputs(cli_text("Không có bản ghi lỗi nào như vậy.\n", "No such dead letter.\n"), stderr);
    return r < 0 ? r : showing.count > 0 ? EXIT_OK : EXIT_NO;
}
