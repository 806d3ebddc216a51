/* `hoso due`: when a result would be due, and which days did not count. */
#include "commands.h"

#include <getopt.h>
#include <stdio.h>

#include "base/embedded.h"
#include "domain/calendar.h"
#include "json/json.h"

enum term { TERM_NONE, TERM_DAYS, TERM_HOURS, TERM_SAME_DAY };

struct request {
    int64_t from_at;
    enum term term;
    int n;
    bool calendar_days;
    bool json;
};

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso due --from 2026-04-24T09:00 --days 5\n"
    "  hoso due --from \"09:00 24/04/2026\" --hours 8\n"
    "  hoso due --from 2026-04-24T15:30 --same-day\n"
    "  hoso due --from 2026-04-24T09:00 --days 10 --calendar calendar --json\n\n"
    "Tính hạn trả kết quả theo lịch làm việc (ngày nghỉ, làm bù, 07:30-11:30 và 13:00-17:00) và "
    "nêu\n"
    "những ngày không tính. Chỉ để đối chiếu: ngày hẹn trả đã ghi trên giấy luôn có giá trị.\n\n"
    "  --from LÚC            lúc tiếp nhận, giờ Việt Nam\n"
    "  --days N              N ngày làm việc (1 đến 3650), không tính ngày tiếp nhận\n"
    "  --hours N             N giờ làm việc (1 đến 29200)\n"
    "  --same-day            trong ngày; sau 15:00 thì ngày làm việc kế tiếp\n"
    "  --calendar calendar   N ngày theo lịch; rơi vào ngày nghỉ thì chuyển sang ngày làm việc kế "
    "tiếp\n"
    "                        (mặc định: working)\n"
    "  --json                kết quả dạng JSON\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso due --from 2026-04-24T09:00 --days 5\n"
    "  hoso due --from \"09:00 24/04/2026\" --hours 8\n"
    "  hoso due --from 2026-04-24T15:30 --same-day\n"
    "  hoso due --from 2026-04-24T09:00 --days 10 --calendar calendar --json\n\n"
    "When a result is due by the working calendar (holidays, swap days, 07:30-11:30 and "
    "13:00-17:00),\n"
    "and the days that do not count. A check only: the date issued on paper always governs.\n\n"
    "  --from TIME           when it was received, in Việt Nam\n"
    "  --days N              N working days (1 to 3650); the day of receipt is not counted\n"
    "  --hours N             N working hours (1 to 29200)\n"
    "  --same-day            the same day; after 15:00 the next working day\n"
    "  --calendar calendar   N calendar days; one that ends on a day off moves to the next working "
    "day\n"
    "                        (default: working)\n"
    "  --json                the result as JSON\n";

static int set_term(char **argv, struct request *request, enum term term, int64_t max)
{
    int64_t n = 0;
    if (request->term != TERM_NONE)
        return cli_wrong_usage(argv, "chỉ chọn một trong --days, --hours, --same-day",
                               "choose one of --days, --hours, --same-day");
    if (term != TERM_SAME_DAY && !cli_number(optarg, 1, max, &n))
        return cli_wrong_usage(argv, "\"%s\" phải là số nguyên từ 1 đến %d",
                               "\"%s\" must be a whole number from 1 to %d", optarg, (int)max);
    request->term = term;
    request->n = (int)n;
    return EXIT_OK;
}

static int set_calendar(char **argv, struct request *request)
{
    request->calendar_days = strcmp(optarg, "calendar") == 0;
    if (request->calendar_days || strcmp(optarg, "working") == 0)
        return EXIT_OK;
    return cli_wrong_usage(argv, "--calendar là working hoặc calendar, không phải \"%s\"",
                           "--calendar is working or calendar, not \"%s\"", optarg);
}

static int set_from(char **argv, struct request *request)
{
    if (cli_parse_time(optarg, &request->from_at))
        return EXIT_OK;
    return cli_wrong_usage(argv,
                           "--from \"%s\" không phải là thời điểm; viết như 2026-04-24T09:00 hoặc "
                           "\"09:00 24/04/2026\"",
                           "--from \"%s\" is not a time; write it as 2026-04-24T09:00 or "
                           "\"09:00 24/04/2026\"",
                           optarg);
}

static int check_complete(char **argv, const struct request *request)
{
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    if (request->from_at == NO_TIME)
        return cli_wrong_usage(argv, "thiếu --from", "--from is missing");
    if (request->term == TERM_NONE)
        return cli_wrong_usage(argv, "thiếu --days, --hours hoặc --same-day",
                               "--days, --hours or --same-day is missing");
    if (request->calendar_days && request->term != TERM_DAYS)
        return cli_wrong_usage(argv, "--calendar calendar chỉ đi với --days",
                               "--calendar calendar goes with --days only");
    return EXIT_OK;
}

/* EXIT_OK with the request; *ret_help = only help was wanted. */
static int parse(int argc, char **argv, struct request *request, bool *ret_help)
{
    enum { OPT_FROM = 256, OPT_DAYS, OPT_HOURS, OPT_SAME_DAY, OPT_CALENDAR, OPT_JSON };
    static const struct option options[] = {
        {"from", required_argument, NULL, OPT_FROM},
        {"days", required_argument, NULL, OPT_DAYS},
        {"hours", required_argument, NULL, OPT_HOURS},
        {"same-day", no_argument, NULL, OPT_SAME_DAY},
        {"calendar", required_argument, NULL, OPT_CALENDAR},
        {"json", no_argument, NULL, OPT_JSON},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":h", options, NULL);
        switch (option) {
        case -1: return check_complete(argv, request);
        case OPT_FROM: r = set_from(argv, request); break;
        case OPT_DAYS: r = set_term(argv, request, TERM_DAYS, 3650); break;
        case OPT_HOURS: r = set_term(argv, request, TERM_HOURS, 29200); break;
        case OPT_SAME_DAY: r = set_term(argv, request, TERM_SAME_DAY, 0); break;
        case OPT_CALENDAR: r = set_calendar(argv, request); break;
        case OPT_JSON: request->json = true; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default: r = cli_bad_option(argv, option);
        }
        if (r != EXIT_OK)
            return r;
    }
}

static int compute(const struct calendar *calendar, const struct request *request,
                   struct term_result *ret, struct error *err)
{
    switch (request->term) {
    case TERM_HOURS: return calendar_due_hours(calendar, request->from_at, request->n, ret, err);
    case TERM_SAME_DAY: return calendar_due_same_day(calendar, request->from_at, ret, err);
    default:
        return (request->calendar_days ? calendar_due_calendar_days : calendar_due_days)(
            calendar, request->from_at, request->n, ret, err);
    }
}

/*
 * What stopped the term was a year without holidays: the options are in range by now. It is the first one not loaded from the day
 * of receipt on.
 */
static int year_missing(char **argv, const struct calendar *calendar, int64_t from_at)
{
    int year = vn_time_of(from_at).year;
    while (calendar_year_loaded(calendar, year))
        year++;
    fprintf(
        stderr,
        cli_text("%s: chưa có lịch nghỉ của năm %d nên không tính được; khi có thông báo nghỉ lễ,\n"
                 "bổ sung cả năm vào schemas/reference/work_calendar.csv rồi cài bản mới\n",
                 "%s: the holidays of %d are not known, so this cannot be computed; once they are "
                 "announced, add the\n"
                 "whole year to schemas/reference/work_calendar.csv and install that\n"),
        argv[0], year);
    return EXIT_DATA;
}

static const char *weekday_name(int32_t day)
{
    static const char *const vietnamese[] = {"thứ Hai", "thứ Ba",  "thứ Tư",  "thứ Năm",
                                             "thứ Sáu", "thứ Bảy", "Chủ nhật"};
    static const char *const english[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                          "Friday", "Saturday", "Sunday"};
    return (cli_english() ? english : vietnamese)[weekday_of(day)];
}

/* The names of holidays stay as the decree has them; the weekend is ours to translate. */
static const char *reason_text(const struct skipped_day *skipped)
{
    int weekday = weekday_of(skipped->day);
    bool plain =
        strcmp(skipped->reason, "Thứ Bảy") == 0 || strcmp(skipped->reason, "Chủ nhật") == 0;
    return cli_english() && plain && weekday > 4 ? weekday_name(skipped->day) : skipped->reason;
}

static void print_text(const struct request *request, const struct term_result *result)
{
    char text[CLI_TIME_SIZE];
    printf("%s %s (%s)\n", cli_text("Hạn trả:     ", "Due:           "),
           cli_time(result->due_at, text), weekday_name(day_of(result->due_at)));
    printf("%s %s (%s)\n", cli_text("Tiếp nhận:   ", "Received:      "),
           cli_time(request->from_at, text), weekday_name(day_of(request->from_at)));
    if (result->counted_from_at != request->from_at)
        printf("%s %s %s\n", cli_text("Tính từ:     ", "Counted from:  "),
               cli_time(result->counted_from_at, text),
               request->term == TERM_SAME_DAY
                   ? cli_text("(sau 15:00 hoặc ngoài giờ)", "(after 15:00 or outside hours)")
                   : cli_text("(tiếp nhận ngoài giờ)", "(received outside hours)"));
    if (result->skipped_count == 0)
        return;
    puts(cli_text("Ngày không tính:", "Days that do not count:"));
    for (size_t i = 0; i < result->skipped_count; i++) {
        const struct skipped_day *skipped = &result->skipped[i];
        printf("  %s  %s\n", cli_date(skipped->day, text), reason_text(skipped));
    }
}

static int print_json(char **argv, const struct request *request, const struct term_result *result)
{
    char text[TIME_TEXT_SIZE];
    struct json_out *out = json_out_new();
    if (!out)
        return cli_fail(argv, ERR_NOMEM, &(struct error){"out of memory"});
    json_begin_object(out, NULL);
    json_put_text(out, "due_at", str_of(time_format(result->due_at, text)));
    json_put_text(out, "received_at", str_of(time_format(request->from_at, text)));
    json_put_text(out, "counted_from_at", str_of(time_format(result->counted_from_at, text)));
    json_begin_array(out, "skipped");
    for (size_t i = 0; i < result->skipped_count; i++) {
        json_begin_object(out, NULL);
        json_put_text(out, "day", str_of(day_format(result->skipped[i].day, text)));
        json_put_text(out, "reason", str_of(reason_text(&result->skipped[i])));
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
    printf("%.*s\n", STR_ARG(json_out_text(out)));
    json_out_free(out);
    return EXIT_OK;
}

static int answer(char **argv, const struct calendar *calendar, const struct request *request)
{
    struct error err;
    struct term_result result;
    int r = compute(calendar, request, &result, &err);
    if (r == ERR_INPUT)
        return year_missing(argv, calendar, request->from_at);
    if (r < 0)
        return cli_fail(argv, r, &err);
    int code = EXIT_OK;
    if (request->json)
        code = print_json(argv, request, &result);
    else
        print_text(request, &result);
    term_result_deinit(&result);
    return code;
}

int cmd_due(int argc, char **argv)
{
    struct request request = {.from_at = NO_TIME};
    bool help = false;
    int code = parse(argc, argv, &request, &help);
    if (help)
        fputs(cli_text(help_vi, help_en), stdout);
    if (help || code != EXIT_OK)
        return code;
    struct error err = {"out of memory"};
    struct calendar *calendar = calendar_new(work_hours_default());
    int r = calendar ? calendar_load_csv(calendar, embedded("reference/work_calendar.csv"), &err)
                     : ERR_NOMEM;
    code = r < 0 ? cli_fail(argv, r, &err) : answer(argv, calendar, &request);
    calendar_free(calendar);
    return code;
}
