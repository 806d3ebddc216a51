#include "report_print.h"

#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "json/json.h"

static int64_t received_now(const struct report *report)
{
    const int64_t *f = report->figures;
    return f[REPORT_ONLINE] + f[REPORT_COUNTER] + f[REPORT_POSTAL] + f[REPORT_OTHER];
}

static int64_t received(const struct report *report)
{
    return received_now(report) + report->figures[REPORT_CARRIED];
}

bool report_adds_up(const struct report *report)
{
    const int64_t *f = report->figures;
    return f[REPORT_SETTLED] == f[REPORT_EARLY] + f[REPORT_ON_TIME] + f[REPORT_LATE] &&
           f[REPORT_OPEN] ==
               f[REPORT_OPEN_IN_TIME] + f[REPORT_OPEN_OVERDUE] + f[REPORT_OPEN_PAUSED] &&
           received(report) == f[REPORT_SETTLED] + f[REPORT_OPEN];
}

struct share {
    int64_t part;
    int64_t whole;
};

static struct share share_online(const struct report *report)
{
    return (struct share){report->figures[REPORT_ONLINE], received_now(report)};
}

/* In time against all that is decided: settled, or open and already overdue. */
static struct share share_in_time(const struct report *report)
{
    const int64_t *f = report->figures;
    int64_t in_time = f[REPORT_EARLY] + f[REPORT_ON_TIME];
    return (struct share){in_time, in_time + f[REPORT_LATE] + f[REPORT_OPEN_OVERDUE]};
}

static struct share share_satisfied(const struct report *report)
{
    return (struct share){report->figures[REPORT_SATISFIED], report->figures[REPORT_RATED]};
}

/* "92.48" rounded half up; empty when there is nothing to divide by. Returns out (24 bytes). */
static char *percent(struct share share, char mark, char *out)
{
    out[0] = '\0';
    if (share.whole == 0)
        return out;
    int64_t hundredths = (share.part * 20000 + share.whole) / (2 * share.whole);
    snprintf(out, 24, "%" PRId64 "%c%02" PRId64, hundredths / 100, mark, hundredths % 100);
    return out;
}

/* ---- for people ---- */

/* 10893 -> "10.893", in English "10,893". Returns out (32 bytes). */
static char *grouped(int64_t count, char *out)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRId64, count);
    size_t used = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[used++] = cli_english() ? ',' : '.';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

/* Columns are counted in letters, not bytes: Vietnamese letters have up to three. */
static void print_label(FILE *out, const char *label)
{
    enum { WIDTH = 44 };
    int letters = 0;
    for (const char *at = label; *at; at++)
        letters += (*at & 0xc0) != 0x80;
    fprintf(out, "%s%*s", label, letters < WIDTH ? WIDTH - letters : 0, "");
}

static void count_line(FILE *out, const char *vietnamese, const char *english, int64_t count)
{
    char text[32];
    print_label(out, cli_text(vietnamese, english));
    fprintf(out, "%10s\n", grouped(count, text));
}

static void share_line(FILE *out, const char *vietnamese, const char *english, struct share share)
{
    char text[24];
    print_label(out, cli_text(vietnamese, english));
    percent(share, cli_english() ? '.' : ',', text);
    fprintf(out, "%10s%s\n", *text ? text : "-", *text ? " %" : "");
}

static void print_table(const struct report *report, FILE *out)
{
    const int64_t *f = report->figures;
    char from[CLI_TIME_SIZE], to[CLI_TIME_SIZE], day[CLI_TIME_SIZE];
    fprintf(out,
            cli_text("%s %s (%s), từ %s đến %s, tính đến hết ngày %s\n\n",
                     "%s %s (%s), %s to %s, read at the end of %s\n\n"),
            report->unit_kind, report->unit_name, report->unit_code, cli_date(report->from, from),
            cli_date(report->to, to), cli_date(report->read_on, day));
    count_line(out, "Tiếp nhận", "Received", received(report));
    count_line(out, "  trong kỳ, trực tuyến", "  in the period, online", f[REPORT_ONLINE]);
    count_line(out, "  trong kỳ, trực tiếp", "  in the period, at the counter", f[REPORT_COUNTER]);
    count_line(out, "  trong kỳ, bưu chính", "  in the period, by post", f[REPORT_POSTAL]);
    count_line(out, "  trong kỳ, kênh khác", "  in the period, otherwise", f[REPORT_OTHER]);
    count_line(out, "  từ kỳ trước chuyển sang", "  carried over", f[REPORT_CARRIED]);
    count_line(out, "Đã giải quyết", "Settled", f[REPORT_SETTLED]);
    count_line(out, "  trước hạn", "  early", f[REPORT_EARLY]);
    count_line(out, "  đúng hạn (gồm rút hồ sơ)", "  on time (with withdrawn)", f[REPORT_ON_TIME]);
    count_line(out, "  quá hạn", "  late", f[REPORT_LATE]);
    count_line(out, "    đã có thư xin lỗi", "    with an apology", f[REPORT_APOLOGY]);
    count_line(out, "Đang giải quyết", "Open", f[REPORT_OPEN]);
    count_line(out, "  trong hạn", "  in time", f[REPORT_OPEN_IN_TIME]);
    count_line(out, "  tạm dừng (trong hạn)", "  paused (in time)", f[REPORT_OPEN_PAUSED]);
    count_line(out, "  quá hạn", "  overdue", f[REPORT_OPEN_OVERDUE]);
    share_line(out, "Tỷ lệ trực tuyến", "Share online", share_online(report));
    share_line(out, "Tỷ lệ sớm và đúng hạn", "Share early or on time", share_in_time(report));
    share_line(out, "Hài lòng (đánh giá điện tử)", "Satisfied (electronic ratings)",
               share_satisfied(report));
    if (report_adds_up(report))
        fputs(cli_text("\nTiếp nhận = đã giải quyết + đang giải quyết: khớp\n",
                       "\nReceived = settled + open: adds up\n"),
              out);
}

/* ---- JSON ---- */

static void share_json(struct json_out *out, const char *key, struct share share)
{
    char text[24];
    if (*percent(share, '.', text))
        json_put_text(out, key, str_of(text));
    else
        json_put_null(out, key);
}

static void print_json(const struct report *report, FILE *file)
{
    static const char *const names[REPORT_FIGURE_COUNT] = {"received_online",
                                                           "received_counter",
                                                           "received_postal",
                                                           "received_other",
                                                           "carried_over",
                                                           "settled",
                                                           "settled_early",
                                                           "settled_on_time",
                                                           "settled_late",
                                                           "late_with_apology",
                                                           "open",
                                                           "open_in_time",
                                                           "open_overdue",
                                                           "open_paused",
                                                           "rated",
                                                           "satisfied"};
    char text[TIME_TEXT_SIZE];
    struct json_out *out = json_out_new();
    if (!out)
        return;
    json_begin_object(out, NULL);
    json_put_text(out, "unit_code", str_of(report->unit_code));
    json_put_text(out, "unit_kind", str_of(report->unit_kind));
    json_put_text(out, "unit_name", str_of(report->unit_name));
    json_put_text(out, "from", str_of(day_format(report->from, text)));
    json_put_text(out, "to", str_of(day_format(report->to, text)));
    json_put_text(out, "read_on", str_of(day_format(report->read_on, text)));
    json_put_integer(out, "received", received(report));
    for (size_t i = 0; i < REPORT_FIGURE_COUNT; i++)
        json_put_integer(out, names[i], report->figures[i]);
    share_json(out, "percent_online", share_online(report));
    share_json(out, "percent_in_time", share_in_time(report));
    share_json(out, "percent_satisfied", share_satisfied(report));
    json_put_bool(out, "adds_up", report_adds_up(report));
    json_end_object(out);
    struct str json = json_out_text(out);
    fprintf(file, "%.*s\n", STR_ARG(json));
    json_out_free(out);
}

void report_print(const struct report *report, bool json, FILE *out)
{
    if (json)
        print_json(report, out);
    else
        print_table(report, out);
}
