/* `hoso report`: how one commune dealt with its dossiers in a period; the columns of form II.06a. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report_print.h"
#include "site.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso report -c hoso.conf --unit 11713 --from 2025-07-01 --to 2026-06-30\n"
    "  hoso report -c hoso.conf --unit 11713 --from 01/07/2025 --to 31/12/2025 --json\n\n"
    "Tổng hợp tình hình giải quyết hồ sơ của một xã, theo các cột của biểu II.06a, tính từ từng hồ "
    "sơ.\n"
    "Đọc vào cuối ngày cuối kỳ (hoặc hôm nay, nếu kỳ chưa hết): quá hạn là hạn trước ngày đó. Hồ "
    "sơ\n"
    "tạm dừng (chờ bổ sung, chờ nộp tiền) là trong hạn; rút hồ sơ là đúng hạn. Mã thoát 1 nếu các "
    "cột\n"
    "không khớp: tiếp nhận = đã giải quyết + đang giải quyết.\n\n"
    "  --unit MÃ       mã xã, phường, đặc khu vào ngày cuối kỳ\n"
    "  --from NGÀY     ngày đầu kỳ\n"
    "  --to NGÀY       ngày cuối kỳ\n"
    "  --json          kết quả dạng JSON\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso report -c hoso.conf --unit 11713 --from 2025-07-01 --to 2026-06-30\n"
    "  hoso report -c hoso.conf --unit 11713 --from 01/07/2025 --to 31/12/2025 --json\n\n"
    "How one commune dealt with its dossiers, in the columns of form II.06a, counted from the "
    "dossiers.\n"
    "Read at the end of the last day (or today, while the period lasts): overdue is due before "
    "that\n"
    "day. Paused dossiers (supplement, payment) count as in time, withdrawn ones as on time. Exit\n"
    "code 1 when the columns do not add up: received = settled + open.\n\n"
    "  --unit CODE     the commune's code on the last day\n"
    "  --from DATE     first day\n"
    "  --to DATE       last day\n"
    "  --json          the result as JSON\n";

/*
 * One row: the unit and its figures; no row = no such unit. $1 code, $2 first day, $3 last day, $4 day on which it is read.
 * What stands in the table is as in lib/domain/contribution.h. A dossier that ended after the period is open in it; whether it
 * was paused then, its row does not say. An end before the acceptance (a typing error) counts as on the day of acceptance.
 */
static const char sql[] =
    "WITH commune AS ("
    "  SELECT unit_id, code, name, kind FROM hoso.unit"
    "  WHERE code = $1 AND $3::date BETWEEN valid_from AND valid_to"
    "), placed AS ("
    "  SELECT d.channel, d.verdict, d.apology_sent, d.rating, d.phase,"
    "    CASE WHEN phase <> 'waiting' AND NOT (phase = 'ended' AND status = 3)"
    "      THEN (accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END AS accepted_day,"
    "    CASE WHEN phase = 'ended' THEN"
    "      (greatest(ended_at, accepted_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END AS "
    "ended_day,"
    "    (due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS due_day,"
    "    (rated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS rated_day"
    "  FROM hoso.dossier d JOIN commune USING (unit_id)"
    "  WHERE alias_of IS NULL AND NOT erased"
    "), counted AS ("
    "  SELECT *, accepted_day BETWEEN $2 AND $3 AS new,"
    "    accepted_day < $2 AND (ended_day IS NULL OR ended_day >= $2) AS carried,"
    "    accepted_day <= $3 AND ended_day BETWEEN $2 AND $3 AS settled,"
    "    accepted_day <= $3 AND (ended_day IS NULL OR ended_day > $3) AS open,"
    "    rated_day BETWEEN $2 AND $3 AND rating > 0 AS rated"
    "  FROM placed"
    "), figures AS ("
    "  SELECT count(*) FILTER (WHERE new AND channel = 'online') AS online,"
    "    count(*) FILTER (WHERE new AND channel = 'counter') AS counter,"
    "    count(*) FILTER (WHERE new AND channel = 'postal') AS postal,"
    "    count(*) FILTER (WHERE new AND channel NOT IN ('online', 'counter', 'postal')) AS other,"
    "    count(*) FILTER (WHERE carried) AS carried,"
    "    count(*) FILTER (WHERE settled) AS settled,"
    "    count(*) FILTER (WHERE settled AND verdict = 'early') AS early,"
    "    count(*) FILTER (WHERE settled AND verdict = 'on_time') AS on_time,"
    "    count(*) FILTER (WHERE settled AND verdict = 'late') AS late,"
    "    count(*) FILTER (WHERE settled AND verdict = 'late' AND apology_sent) AS apology,"
    "    count(*) FILTER (WHERE open) AS open,"
    "    count(*) FILTER (WHERE open AND phase <> 'paused'"
    "      AND coalesce(due_day, 'infinity') >= $4) AS open_in_time,"
    "    count(*) FILTER (WHERE open AND phase <> 'paused' AND due_day < $4) AS open_overdue,"
    "    count(*) FILTER (WHERE open AND phase = 'paused') AS open_paused,"
    "    count(*) FILTER (WHERE rated) AS rated,"
    "    count(*) FILTER (WHERE rated AND rating >= 4) AS satisfied"
    "  FROM counted"
    ") SELECT kind, name, online, counter, postal, other, carried, settled, early, on_time, late,"
    "  apology, open, open_in_time, open_overdue, open_paused, rated, satisfied"
    "  FROM commune, figures";

struct request {
    struct site site;
    const char *unit;
    int32_t from;
    int32_t to;
    bool json;
};

static int set_day(char **argv, int32_t *ret)
{
    int64_t at;
    if (!cli_parse_time(optarg, &at))
        return cli_wrong_usage(
            argv, "\"%s\" không phải là ngày; viết như 2026-06-30 hoặc 30/06/2026",
            "\"%s\" is not a date; write it as 2026-06-30 or 30/06/2026", optarg);
    *ret = day_of(at);
    return EXIT_OK;
}

static int check_complete(char **argv, const struct request *request)
{
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    if (!request->unit || request->from == NO_DAY || request->to == NO_DAY)
        return cli_wrong_usage(argv, "cần đủ --unit, --from và --to",
                               "--unit, --from and --to are all needed");
    if (request->from > request->to)
        return cli_wrong_usage(argv, "--from sau --to", "--from is after --to");
    return EXIT_OK;
}

static int parse(int argc, char **argv, struct request *request, bool *ret_help)
{
    enum { OPT_UNIT = 256, OPT_FROM, OPT_TO, OPT_JSON };
    static const struct option options[] = {
        SITE_LONG,
        {"unit", required_argument, NULL, OPT_UNIT},
        {"from", required_argument, NULL, OPT_FROM},
        {"to", required_argument, NULL, OPT_TO},
        {"json", no_argument, NULL, OPT_JSON},
        {0},
    };
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL);
        switch (option) {
        case -1: return check_complete(argv, request);
        case OPT_UNIT: request->unit = optarg; break;
        case OPT_FROM: r = set_day(argv, &request->from); break;
        case OPT_TO: r = set_day(argv, &request->to); break;
        case OPT_JSON: request->json = true; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default:
            if (!site_option(&request->site, option, optarg))
                r = cli_bad_option(argv, option);
        }
        if (r != EXIT_OK)
            return r;
    }
}

static void read_figures(const struct pg_result *rows, struct report *report)
{
    int column = 0;
    report->unit_kind = pg_get_text(rows, 0, column++);
    report->unit_name = pg_get_text(rows, 0, column++);
    for (size_t i = 0; i < REPORT_FIGURE_COUNT; i++)
        report->figures[i] = pg_get_int64(rows, 0, column++);
}

static int report_unit(const struct request *request, struct pg *pg, char **argv)
{
    int32_t today = day_of(clock_now());
    struct report report = {.unit_code = request->unit,
                            .from = request->from,
                            .to = request->to,
                            .read_on = request->to < today ? request->to : today};
    const struct pg_param params[] = {pg_text(str_of(request->unit)), pg_day(report.from),
                                      pg_day(report.to), pg_day(report.read_on)};
    struct pg_result *rows = NULL;
    struct error err;
    char day[CLI_TIME_SIZE];
    int r = pg_exec(pg, sql, params, sizeof params / sizeof *params, &rows, &err);
    if (r == 0 && pg_rows(rows) == 0)
        r = error_set(&err, ERR_INPUT,
                      cli_text("không có xã, phường, đặc khu nào mang mã %s vào ngày %s",
                               "no commune has the code %s on %s"),
                      request->unit, cli_date(request->to, day));
    int code = r < 0 ? cli_fail(argv, r, &err) : EXIT_OK;
    if (r == 0) {
        read_figures(rows, &report);
        report_print(&report, request->json);
        if (!report_adds_up(&report)) {
            fprintf(stderr,
                    cli_text("%s: các cột không khớp nhau\n", "%s: the columns do not add up\n"),
                    argv[0]);
            code = EXIT_NO;
        }
    }
    pg_result_free(rows);
    return code;
}

int cmd_report(int argc, char **argv)
{
    struct request request = {.from = NO_DAY, .to = NO_DAY};
    struct pg *pg = NULL;
    bool help = false;
    int code = parse(argc, argv, &request, &help);
    if (code != EXIT_OK)
        return code;
    if (help) {
        fputs(cli_text(help_vi, help_en), stdout);
        return EXIT_OK;
    }
    code = site_load(&request.site, argv);
    if (code == EXIT_OK)
        code = site_connect(&request.site, argv, &pg);
    if (code == EXIT_OK)
        code = report_unit(&request, pg, argv);
    pg_free(pg);
    site_unload(&request.site);
    return code;
}
