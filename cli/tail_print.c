#include "tail_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "tail_value.h"

struct tail_printer {
    const char *topic;
    const char *format;
    bool json;
    struct tail_codecs codecs;
    struct json_out *out;
};

static const char escapes[] = "ntr\\0";
static const char escaped[] = "\n\t\r\\";

/* ERR_INPUT unless every token of the format is known, so that tail_print need not check. */
static int check_format(const char *format, struct error *err)
{
    for (const char *at = format; *at; at++) {
        if (*at == '\\' && (!at[1] || !strchr(escapes, at[1])))
            return error_set(err, ERR_INPUT, "no such escape: \\%.1s", at + 1);
        if (*at == '\\') {
            at++;
            continue;
        }
        if (*at != '%')
            continue;
        at++;
        if (*at != '{') {
            if (!*at || !strchr("tpokTSsh%", *at))
                return error_set(err, ERR_INPUT, "no such token: %%%.1s", at);
            continue;
        }
        struct str name = {at + 1, strcspn(at + 1, "}")};
        if (at[1 + name.len] != '}')
            return error_set(err, ERR_INPUT, "%%{%.*s is not closed", STR_ARG(name));
        if (!tail_field(&codec_event_layout, name) && !tail_field(&codec_alert_layout, name))
            return error_set(err, ERR_INPUT, "no such field: %%{%.*s}", STR_ARG(name));
        at += 1 + name.len;
    }
    return 0;
}

int tail_printer_new(const char *topic, const char *format, bool json, struct tail_printer **ret,
                     struct error *err)
{
    int r = format ? check_format(format, err) : 0;
    if (r < 0)
        return r;
    struct tail_printer *printer = calloc(1, sizeof *printer);
    if (!printer)
        return error_set(err, ERR_NOMEM, "out of memory");
    *printer = (struct tail_printer){
        .topic = topic, .format = format, .json = json, .out = json_out_new()};
    r = printer->out ? tail_codecs_init(&printer->codecs, err)
                     : error_set(err, ERR_NOMEM, "out of memory");
    if (r < 0) {
        tail_printer_free(printer);
        return r;
    }
    *ret = printer;
    return 0;
}

struct tail_printer *tail_printer_free(struct tail_printer *printer)
{
    if (!printer)
        return NULL;
    tail_codecs_deinit(&printer->codecs);
    json_out_free(printer->out);
    free(printer);
    return NULL;
}

/* ---- JSON ---- */

static void header_json(void *arg, const char *name, struct str value)
{
    json_put_text(arg, name, value);
}

static void fault_json(struct json_out *out, const struct tail_value *value)
{
    if (value->fault == CODEC_OK) {
        json_put_null(out, "value");
        return;
    }
    json_put_text(out, "undecodable", str_of(codec_fault_name(value->fault)));
    json_put_integer(out, "undecodable_at", (int64_t)value->fault_at);
}

static void record_json(struct tail_printer *printer, const struct record *record,
                        const struct tail_value *value)
{
    struct json_out *out = printer->out;
    json_begin_object(out, NULL);
    json_put_text(out, "topic", str_of(printer->topic));
    json_put_integer(out, "partition", record->partition);
    json_put_integer(out, "offset", record->offset);
    json_put_integer(out, "timestamp_ms", record->timestamp_ms);
    json_put_text(out, "key", record->key);
    json_begin_object(out, "headers");
    record_headers(record, header_json, out);
    json_end_object(out);
    json_put_integer(out, "value_size", record->value.data ? (int64_t)record->value.len : -1);
    if (value->layout)
        tail_value_json(out, "value", value);
    else
        fault_json(out, value);
    json_end_object(out);
}

static int put_json(struct tail_printer *printer, struct error *err)
{
    struct str text = json_out_text(printer->out);
    if (!str_given(text))
        return error_set(err, ERR_NOMEM, "out of memory");
    fwrite(text.data, 1, text.len, stdout);
    json_out_clear(printer->out);
    return 0;
}

/* ---- the reader's format ---- */

static void put(struct str text)
{
    if (str_given(text))
        fwrite(text.data, 1, text.len, stdout);
    else
        putchar('-');
}

static void header_text(void *arg, const char *name, struct str value)
{
    size_t *shown = arg;
    printf("%s%s=%.*s", (*shown)++ ? "," : "", name, STR_ARG(value));
}

static void put_headers(const struct record *record)
{
    size_t shown = 0;
    record_headers(record, header_text, &shown);
    if (shown == 0)
        putchar('-');
}

static void put_field(const struct tail_value *value, struct str name)
{
    char text[TAIL_FIELD_SIZE];
    const struct codec_field *field = value->layout ? tail_field(value->layout, name) : NULL;
    put(field ? tail_field_text(value, field, text) : STR_NONE);
}

static int put_token(struct tail_printer *printer, char token, const struct record *record,
                     const struct tail_value *value, struct error *err)
{
    switch (token) {
    case 't': fputs(printer->topic, stdout); break;
    case 'p': printf("%" PRId32, record->partition); break;
    case 'o': printf("%" PRId64, record->offset); break;
    case 'T': printf("%" PRId64, record->timestamp_ms); break;
    case 'S': printf("%" PRId64, record->value.data ? (int64_t)record->value.len : -1); break;
    case 'k': put(record->key); break;
    case 'h': put_headers(record); break;
    case 's':
        if (!value->layout) {
            put(STR_NONE);
            break;
        }
        tail_value_json(printer->out, NULL, value);
        return put_json(printer, err);
    default: putchar('%');
    }
    return 0;
}

static int put_format(struct tail_printer *printer, const struct record *record,
                      const struct tail_value *value, struct error *err)
{
    int r = 0;
    for (const char *at = printer->format; *at && r == 0; at++) {
        if (*at == '\\') {
            putchar(escaped[strchr(escapes, *++at) - escapes]);
        } else if (*at != '%') {
            putchar(*at);
        } else if (*++at == '{') {
            struct str name = {at + 1, strcspn(at + 1, "}")};
            put_field(value, name);
            at += 1 + name.len;
        } else {
            r = put_token(printer, *at, record, value, err);
        }
    }
    return r;
}

/* ---- the line for people ---- */

static const char *kind_label(enum event_kind kind)
{
    static const char *const vietnamese[EVENT_KIND_COUNT] = {
        "hồ sơ",      "tiến trình", "trạng thái", "đổi hạn trả", "chuyển",
        "thanh toán", "đánh giá",   "đã xin lỗi", "mã khác của", "đã xóa"};
    static const char *const english[EVENT_KIND_COUNT] = {
        "record", "progress", "status",       "due date changed", "transferred",
        "paid",   "rated",    "apology sent", "other code of",    "erased"};
    return cli_text(vietnamese[kind], english[kind]);
}

static const char *status_text(int32_t status)
{
    static const char *const english[STATUS_COUNT] = {"",
                                                      "registered",
                                                      "accepted",
                                                      "refused",
                                                      "processing",
                                                      "supplement asked",
                                                      "payment awaited",
                                                      "withdrawn",
                                                      "stopped",
                                                      "done",
                                                      "returned"};
    return status == 0 ? "" : cli_text(status_label(status), english[status]);
}

static void event_line(const struct event *event)
{
    char text[CLI_TIME_SIZE];
    printf("%s  %.*s  %s", cli_time(event->occurred_at, text), STR_ARG(event->dossier_code),
           kind_label(event->kind));
    if (event->status > 0)
        printf(": %s", status_text(event->status));
    if (str_given(event->alias_of))
        printf(" %.*s", STR_ARG(event->alias_of));
    if (event->rating > 0)
        printf(" %d/5", event->rating);
    if (str_given(event->transfer_to))
        printf(" → %.*s", STR_ARG(event->transfer_to));
    if (str_given(event->procedure_code))
        printf("  %.*s", STR_ARG(event->procedure_code));
    if (str_given(event->deciding_agency))
        printf("  %.*s", STR_ARG(event->deciding_agency));
    if (event->due_at != NO_TIME)
        printf(cli_text("  hạn %s", "  due %s"), cli_time(event->due_at, text));
    putchar('\n');
}

static void alert_line(const struct alert_notice *alert)
{
    static const char *const vietnamese[ALERT_STATE_COUNT] = {"QUÁ HẠN", "đã xong", "rút lại"};
    static const char *const english[ALERT_STATE_COUNT] = {"OVERDUE", "settled", "retracted"};
    char fired[CLI_TIME_SIZE], due[CLI_TIME_SIZE];
    printf(cli_text("%s  %s  %.*s  %.*s  hạn %s  (%.*s)", "%s  %s  %.*s  %.*s  due %s  (%.*s)"),
           cli_time(alert->fired_at, fired),
           cli_text(vietnamese[alert->state], english[alert->state]), STR_ARG(alert->dossier_code),
           STR_ARG(alert->unit_name), cli_time(alert->due_at, due), STR_ARG(alert->reason));
    if (alert->late_data == TRI_YES)
        fputs(cli_text("  có thể do dữ liệu đến muộn", "  possibly late data"), stdout);
    putchar('\n');
}

static void fault_line(const struct record *record, const struct tail_value *value)
{
    printf(cli_text("phân vùng %d vị trí %" PRId64 "  %.*s  không đọc được: %s\n",
                    "partition %d offset %" PRId64 "  %.*s  cannot be decoded: %s\n"),
           record->partition, record->offset, STR_ARG(record->key),
           value->fault == CODEC_OK ? cli_text("không có nội dung", "no value")
                                    : codec_fault_name(value->fault));
}

int tail_print(struct tail_printer *printer, const struct record *record, struct error *err)
{
    struct tail_value value;
    tail_decode(&printer->codecs, record->value, &value);
    if (printer->format)
        return put_format(printer, record, &value, err);
    if (printer->json) {
        record_json(printer, record, &value);
        int r = put_json(printer, err);
        putchar('\n');
        return r;
    }
    if (value.layout == &codec_event_layout)
        event_line(&value.event);
    else if (value.layout == &codec_alert_layout)
        alert_line(&value.alert);
    else
        fault_line(record, &value);
    return 0;
}
