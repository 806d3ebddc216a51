/* `hoso report`: the official forms, for one commune or the whole city, read at the end of a period. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report_request.h"

static const char help_vi[] =
    "Ví dụ:\n"
    "  hoso report -c hoso.conf --unit 11713 --from 2025-07-01 --to 2026-06-30\n"
    "  hoso report ii06a -c hoso.conf --unit 11713 --from 01/07/2026 --to 31/07/2026 --out "
    "bieu.xlsx\n"
    "  hoso report 07a -c hoso.conf --unit all --from 2026-07-01 --to 2026-07-31 --format html\n"
    "  hoso report ii06a -c hoso.conf --unit 11713 --from 2026-07-01 --to 2026-07-31 --list late\n"
    "  hoso report ii06a … --known-at \"08:00 01/08/2026\" --explain\n\n"
    "Biểu: tong-hop (mặc định), ii06a, ii06b, 07a, 07a-tuan, nguyen-nhan, 766.\n"
    "Đọc vào cuối ngày cuối kỳ (hoặc hôm nay, nếu kỳ chưa hết): quá hạn là hạn trước ngày đó; việc "
    "làm\n"
    "sau ngày đó không đổi số liệu của kỳ, dữ liệu đến muộn thì có. Hồ sơ tạm dừng là trong hạn; "
    "rút hồ\n"
    "sơ là đúng hạn. Mã thoát 1 nếu các cột không khớp; hồ sơ nào làm sai được nêu ra.\n\n"
    "  --unit MÃ        mã xã, phường, đặc khu vào ngày cuối kỳ; all = cả thành phố\n"
    "  --from NGÀY      ngày đầu kỳ\n"
    "  --to NGÀY        ngày cuối kỳ\n"
    "  --format DẠNG    table, csv, json, html, xlsx; không nêu thì theo đuôi của --out\n"
    "  --json           như --format json\n"
    "  --out TỆP        ghi vào tệp (xlsx luôn cần)\n"
    "  --known-at LÚC   chỉ theo những gì đã biết đến lúc đó\n"
    "  --explain        cùng --known-at: nêu hồ sơ nào nay tính khác, và vì sao\n"
    "  --list LOẠI      liệt kê hồ sơ: early, on_time, withdrawn, late, running, paused, overdue, "
    "waiting,\n"
    "                   refused, new, carried, all (table hoặc csv)\n"
    "  --codes          kèm mã hồ sơ (chỉ với tài khoản được phép)\n"
    "  --public         bản công khai: che ô dưới 5 hồ sơ\n"
    "Mỗi lần xuất khác dạng table được ghi vào analytics.report_export.\n";
static const char help_en[] =
    "Examples:\n"
    "  hoso report -c hoso.conf --unit 11713 --from 2025-07-01 --to 2026-06-30\n"
    "  hoso report ii06a -c hoso.conf --unit 11713 --from 01/07/2026 --to 31/07/2026 --out "
    "form.xlsx\n"
    "  hoso report 07a -c hoso.conf --unit all --from 2026-07-01 --to 2026-07-31 --format html\n"
    "  hoso report ii06a -c hoso.conf --unit 11713 --from 2026-07-01 --to 2026-07-31 --list late\n"
    "  hoso report ii06a … --known-at \"08:00 01/08/2026\" --explain\n\n"
    "Forms: tong-hop (summary, the default), ii06a, ii06b, 07a, 07a-tuan, nguyen-nhan (causes), "
    "766.\n"
    "Read at the end of the last day (or today, while the period lasts): overdue is due before "
    "that day;\n"
    "work done later changes nothing, data that comes late does. Paused dossiers are in time, "
    "withdrawn\n"
    "ones on time. Exit code 1 when the columns do not add up; the dossiers that do it are "
    "named.\n\n"
    "  --unit CODE      the commune's code on the last day; all = the whole city\n"
    "  --from DATE      first day\n"
    "  --to DATE        last day\n"
    "  --format FORMAT  table, csv, json, html, xlsx; else by the ending of --out\n"
    "  --json           as --format json\n"
    "  --out FILE       write to a file (always needed for xlsx)\n"
    "  --known-at TIME  only from what was known by then\n"
    "  --explain        with --known-at: which dossiers count otherwise now, and why\n"
    "  --list CLASS     the dossiers: early, on_time, withdrawn, late, running, paused, overdue, "
    "waiting,\n"
    "                   refused, new, carried, all (table or csv)\n"
    "  --codes          with dossier codes (for roles that may read them)\n"
    "  --public         to be published: counts below 5 are hidden\n"
    "Every export but a table is recorded in analytics.report_export.\n";

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

static int set_time(char **argv, int64_t *ret)
{
    if (cli_parse_time(optarg, ret))
        return EXIT_OK;
    return cli_wrong_usage(argv, "\"%s\" không phải là thời điểm; viết như 2026-08-01T08:00",
                           "\"%s\" is not a time; write it as 2026-08-01T08:00", optarg);
}

static int set_format(char **argv, const char *name, enum report_format *ret)
{
    static const char *const names[] = {"table", "csv", "json", "html", "xlsx"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret = (enum report_format)i;
            return EXIT_OK;
        }
    }
    return cli_wrong_usage(argv, "không có dạng \"%s\": table, csv, json, html, xlsx",
                           "no format \"%s\": table, csv, json, html, xlsx", name);
}

static int set_form(char **argv, struct report_request *request)
{
    const char *name = argv[optind] ? argv[optind++] : "tong-hop";
    request->form = form_find(name);
    if (!request->form)
        return cli_wrong_usage(argv, "không có biểu \"%s\"", "no form \"%s\"", name);
    if (argv[optind])
        return cli_wrong_usage(argv, "thừa \"%s\"", "\"%s\" is too much", argv[optind]);
    return EXIT_OK;
}

static int check_complete(char **argv, struct report_request *request)
{
    if (!request->unit || request->from == NO_DAY || request->to == NO_DAY)
        return cli_wrong_usage(argv, "cần đủ --unit, --from và --to",
                               "--unit, --from and --to are all needed");
    if (request->from > request->to)
        return cli_wrong_usage(argv, "--from sau --to", "--from is after --to");
    if (request->format == FORMAT_XLSX && !request->path)
        return cli_wrong_usage(argv, "xlsx cần --out TỆP", "xlsx needs --out FILE");
    if (request->list && request->format != FORMAT_TABLE && request->format != FORMAT_CSV)
        return cli_wrong_usage(argv, "--list chỉ có dạng table hoặc csv",
                               "--list comes as table or csv only");
    if (request->explain && request->known_at == NO_TIME)
        return cli_wrong_usage(argv, "--explain cần --known-at", "--explain needs --known-at");
    if (request->list && request->is_public)
        return cli_wrong_usage(argv, "--list không công khai", "--list is never public");
    if (strcmp(request->unit, "all") == 0)
        request->unit = NULL;
    return EXIT_OK;
}

/* After all options: the form, and the format by the file's name where none is given. */
static int finish(char **argv, struct report_request *request, bool format_given)
{
    int r = set_form(argv, request);
    const char *ending = request->path ? strrchr(request->path, '.') : NULL;
    if (r == EXIT_OK && !format_given && ending)
        r = set_format(argv, ending + 1, &request->format);
    return r == EXIT_OK ? check_complete(argv, request) : r;
}

enum {
    OPT_UNIT = 256,
    OPT_FROM,
    OPT_TO,
    OPT_JSON,
    OPT_FORMAT,
    OPT_OUT,
    OPT_KNOWN,
    OPT_EXPLAIN,
    OPT_LIST,
    OPT_CODES,
    OPT_PUBLIC
};
static const struct option options[] = {
    SITE_LONG,
    {"unit", required_argument, NULL, OPT_UNIT},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"json", no_argument, NULL, OPT_JSON},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"out", required_argument, NULL, OPT_OUT},
    {"known-at", required_argument, NULL, OPT_KNOWN},
    {"explain", no_argument, NULL, OPT_EXPLAIN},
    {"list", required_argument, NULL, OPT_LIST},
    {"codes", no_argument, NULL, OPT_CODES},
    {"public", no_argument, NULL, OPT_PUBLIC},
    {0},
};

static int parse(int argc, char **argv, struct report_request *request, bool *ret_help)
{
    bool format_given = false;
    for (;;) {
        int r = EXIT_OK;
        int option = getopt_long(argc, argv, ":" SITE_SHORT, options, NULL);
        format_given |= option == OPT_JSON || option == OPT_FORMAT;
        switch (option) {
        case -1: return finish(argv, request, format_given);
        case OPT_UNIT: request->unit = optarg; break;
        case OPT_FROM: r = set_day(argv, &request->from); break;
        case OPT_TO: r = set_day(argv, &request->to); break;
        case OPT_JSON: request->format = FORMAT_JSON; break;
        case OPT_FORMAT: r = set_format(argv, optarg, &request->format); break;
        case OPT_OUT: request->path = optarg; break;
        case OPT_KNOWN: r = set_time(argv, &request->known_at); break;
        case OPT_EXPLAIN: request->explain = true; break;
        case OPT_LIST: request->list = optarg; break;
        case OPT_CODES: request->with_codes = true; break;
        case OPT_PUBLIC: request->is_public = true; break;
        case 'h': *ret_help = true; return EXIT_OK;
        default:
            if (!site_option(&request->site, option, optarg))
                r = cli_bad_option(argv, option);
        }
        if (r != EXIT_OK)
            return r;
    }
}

int cmd_report(int argc, char **argv)
{
    struct report_request request = {.from = NO_DAY, .to = NO_DAY, .known_at = NO_TIME};
    struct pg *pg = NULL;
    bool help = false;
    int code = parse(argc, argv, &request, &help);
    if (code != EXIT_OK)
        return code;
    if (help)
        return cli_help(help_vi, help_en);
    code = site_open(&request.site, argv, &pg);
    if (code == EXIT_OK)
        code = report_run(&request, pg, argv);
    site_close(&request.site, pg);
    return code;
}
